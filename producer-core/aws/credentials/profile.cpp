// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/profile.h"

#include "aws/credentials/check.h"
#include "aws/credentials/container.h"
#include "aws/credentials/environment.h"
#include "aws/credentials/imds.h"
#include "aws/credentials/json_credentials.h"
#include "aws/endpoint_finder.h"

namespace kvs::aws {
namespace {

std::string inHome(const Environment& environment, const char* variable, const char* usual) {
  const std::string path = environment(variable).value_or(usual);
  if (!path.starts_with("~/")) return path;
  const auto home = environment("HOME");
  return home ? *home + path.substr(1) : std::string();
}

}  // namespace

ProfileName profileName(const Environment& environment) {
  // In the AWS CLI's order.
  for (const char* variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    if (const auto name = environment(variable)) return {*name, true};
  }
  return {"default", false};
}

std::string configPath(const Environment& environment) {
  return inHome(environment, "AWS_CONFIG_FILE", "~/.aws/config");
}

std::string credentialsPath(const Environment& environment) {
  return inHome(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
}

void ProfileSource::begin() {
  const std::string config = configPath(tools().environment);
  const std::string credentials = credentialsPath(tools().environment);
  if (config.empty() || credentials.empty())
    return finish(notConfigured("HOME is not set, so there is no ~/.aws"));
  readFileIfThere(config, [this, config, credentials](const WipingString& text) {
    auto sections = parseIni(text, config);
    if (!sections) return finish(fail(sections.error()));
    files_.config = profilesOfConfig(std::move(*sections));
    readFileIfThere(credentials, [this, credentials](const WipingString& keys) {
      auto profiles = parseIni(keys, credentials);
      if (!profiles) return finish(fail(profiles.error()));
      files_.credentials = std::move(*profiles);
      decide(std::exchange(files_, {}));
    });
  });
}

void ProfileSource::decide(const ProfileFiles& files) {
  const ProfileName profile = profileName(tools().environment);
  auto plan = planProfile(files, profile.text, profile.isNamed);
  if (!plan) return finish(fail(plan.error()));
  profile_ = profile.text;
  forRoles_.emplace(tools());
  if (const auto at = files.config.find(profile_); at != files.config.end())
    forRoles_->variant = tools().variant.elseBy(variantOf(at->second));
  plan_ = std::make_shared<const ProfilePlan>(std::move(*plan));
  carryOut(*plan_, [this](Result<Credentials> credentials) {
    // What the profile names is not an empty place in the chain, whatever its own source says.
    if (!credentials && credentials.error().kind == ErrorKind::notFound) {
      return finish(sourceFailed("The AWS profile '" + profile_ + "' names a source that provided nothing: " +
                                 credentials.error().message + "."));
    }
    finish(std::move(credentials));
  });
}

void ProfileSource::carryOut(const ProfilePlan& plan, Callback done) {
  std::visit([&](const auto& how) { carryOut(how, done); }, plan.how);
}

void ProfileSource::carryOut(const KeysPlan& plan, const Callback& done) {
  const std::string source = "profile " + profile_;
  Credentials keys = plan.keys;
  keys.source = source;
  done(checkedKeys(std::move(keys), source));
}

void ProfileSource::carryOut(const ProcessPlan& plan, const Callback& done) {
  runProgram(plan.words, [this, done](const WipingString& output) {
    done(parseJsonCredentials(output, processNames, "profile " + profile_ + " (credential_process)"));
  });
}

void ProfileSource::carryOut(const WebIdentity& plan, const Callback& done) {
  inner_ = std::make_unique<WebIdentitySource>(*forRoles_, plan, "profile " + profile_ + " (web identity)");
  inner_->fetch(done);
}

void ProfileSource::carryOut(NamedSource plan, const Callback& done) {
  switch (plan) {
    case NamedSource::environment:
      inner_ = std::make_unique<EnvironmentProvider>(tools().environment);
      break;
    case NamedSource::instance:
      inner_ = std::make_unique<ImdsSource>(tools());
      break;
    case NamedSource::container:
      inner_ = std::make_unique<ContainerSource>(tools());
      break;
  }
  inner_->fetch(done);
}

void ProfileSource::carryOut(const RolePlan& plan, const Callback& done) {
  carryOut(*plan.identity, [this, &plan, done](Result<Credentials> identity) {
    if (!identity) return done(std::move(identity));
    assume(plan, std::move(*identity), done);
  });
}

void ProfileSource::assume(const RolePlan& plan, Credentials identity, const Callback& done) {
  auto request = assumeRoleRequest(*forRoles_, plan.role, std::move(identity));
  if (!request) return done(fail(request.error()));
  ask(std::move(*request), [this, done](const Answer& answer) {
    done(parseStsAnswer(answer, "profile " + profile_ + " (role)"));
  });
}

}  // namespace kvs::aws
