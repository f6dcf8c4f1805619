// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/standard_chain.h"

#include <initializer_list>

#include "aws/credentials/cache.h"
#include "aws/credentials/chain.h"
#include "aws/credentials/check.h"
#include "aws/credentials/container.h"
#include "aws/credentials/environment.h"
#include "aws/credentials/file.h"
#include "aws/credentials/imds.h"
#include "aws/credentials/iot.h"
#include "aws/credentials/profile.h"
#include "aws/credentials/static.h"

namespace kvs::aws {
namespace {

using Shared = std::shared_ptr<CredentialProvider>;

/// Stands in the chain for a source that the user did not set up, so that the chain can say so.
class AbsentProvider final : public CredentialProvider {
 public:
  AbsentProvider(std::string_view name, std::string why) : name_(name), why_(std::move(why)) {}
  std::string_view name() const override { return name_; }
  void fetch(Callback callback) override { callback(notConfigured(why_)); }
  std::optional<Result<Credentials>> atHand() override { return Result<Credentials>(notConfigured(why_)); }

 private:
  const std::string_view name_;
  const std::string why_;
};

/// Settings that differ make keys that differ.
std::string keyOf(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts)
    key.append(std::to_string(part.size())).append(":").append(part);
  return key;
}

/// The same, with the environment's variables that the source reads.
std::string keyOf(std::string_view source, const Environment& environment,
                  std::initializer_list<const char*> variables) {
  std::string key = keyOf({source});
  for (const char* variable : variables)
    key += keyOf({environment(variable).value_or("")});
  return key;
}

Shared iotSource(const CredentialSettings& settings, const SourceTools& tools) {
  if (!settings.iot)
    return std::make_shared<AbsentProvider>("AWS IoT certificate", "iot-certificate is not set");
  const IotSettings& iot = *settings.iot;
  const std::string key = keyOf({"iot", iot.endpoint, iot.certificatePath, iot.keyPath, iot.authorityPath,
                                 iot.roleAlias, iot.thingName, std::to_string(iot.connectionTimeout.count()),
                                 std::to_string(iot.completionTimeout.count())});
  return sharedCache(tools, key, Memory::whileFresh, [&] { return std::make_unique<IotSource>(tools, iot); });
}

Shared fileSource(const CredentialSettings& settings, const SourceTools& tools) {
  const std::string& path = settings.credentialPath;
  const bool mustExist = settings.credentialFileMustExist;
  return sharedCache(tools, keyOf({"file", path, mustExist ? "named" : "usual"}), Memory::never,
                     [&] { return std::make_unique<FileSource>(tools, path, mustExist); });
}

/// What the Security Token Service's address depends on, beside the environment.
std::string stsKey(const SourceTools& tools) {
  const auto shown = [](std::optional<bool> flag) { return !flag ? "unsaid" : *flag ? "yes" : "no"; };
  return keyOf({tools.region, shown(tools.variant.dualStack), shown(tools.variant.fips)});
}

Shared webIdentitySource(const SourceTools& tools) {
  const std::string key = keyOf("web identity", tools.environment,
                                {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
                                 "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"});
  return sharedCache(tools, key + stsKey(tools), Memory::whileFresh,
                     [&] { return std::make_unique<WebIdentitySource>(tools); });
}

Shared profileSource(const SourceTools& tools) {
  const Environment& environment = tools.environment;
  const std::string key = keyOf(
      {"profile", profileName(environment).text, configPath(environment), credentialsPath(environment)});
  return sharedCache(tools, key + stsKey(tools), Memory::whileFresh,
                     [&] { return std::make_unique<ProfileSource>(tools); });
}

Shared containerSource(const SourceTools& tools) {
  const std::string key =
      keyOf("container", tools.environment,
            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"});
  return sharedCache(tools, key, Memory::whileFresh,
                     [&] { return std::make_unique<ContainerSource>(tools); });
}

Shared imdsSource(const SourceTools& tools) {
  const std::string key = keyOf("imds", tools.environment,
                                {"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                 "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"});
  return sharedCache(tools, key, Memory::whileFresh, [&] { return std::make_unique<ImdsSource>(tools); });
}

}  // namespace

std::shared_ptr<CredentialProvider> standardChain(const CredentialSettings& settings,
                                                  const SourceTools& tools) {
  std::vector<Shared> sources{
      iotSource(settings, tools),
      std::make_shared<EnvironmentProvider>(tools.environment),
      std::make_shared<StaticProvider>(settings.keys ? settings.keys : std::make_shared<KeySlot>()),
      fileSource(settings, tools),
      webIdentitySource(tools),
      profileSource(tools),
      containerSource(tools),
      imdsSource(tools),
  };
  return std::make_shared<ChainProvider>(std::move(sources));
}

}  // namespace kvs::aws
