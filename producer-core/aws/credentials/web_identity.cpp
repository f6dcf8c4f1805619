// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/web_identity.h"

#include "aws/credentials/check.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxToken = 20000;  // AWS STS API, AssumeRoleWithWebIdentity

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

Result<WebIdentity> webIdentityFrom(const Environment& environment) {
  const auto path = environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!path) return notConfigured("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  const auto role = environment("AWS_ROLE_ARN");
  if (!role) return sourceMisused("AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not; set both.");
  return WebIdentity{*path, {*role, environment("AWS_ROLE_SESSION_NAME").value_or(""), {}, {}}};
}

void WebIdentitySource::begin() {
  const auto identity = fixed_ ? Result<WebIdentity>(*fixed_) : webIdentityFrom(tools().environment);
  if (!identity) return finish(fail(identity.error()));
  readFile(identity->tokenPath, [this, identity = *identity](const WipingString& text) {
    const std::string_view token = trimmed(text);
    if (!isPlainText(token, maxToken))
      return finish(
          sourceFailed(identity.tokenPath + " contains no web identity token; check what writes it."));
    auto request = webIdentityRequest(tools(), identity.role, token);
    if (!request) return finish(fail(request.error()));
    ask(std::move(*request), [this](const Answer& answer) { finish(parseStsAnswer(answer, name())); });
  });
}

}  // namespace kvs::aws
