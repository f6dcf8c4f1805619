// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/environment.h"

#include <openssl/crypto.h>

#include <utility>

#include "aws/credentials/check.h"

namespace kvs::aws {
namespace {

constexpr const char* accessKeyName = "AWS_ACCESS_KEY_ID";
constexpr const char* secretKeyName = "AWS_SECRET_ACCESS_KEY";
constexpr const char* sessionTokenName = "AWS_SESSION_TOKEN";

Secret takeSecret(std::optional<std::string> value) {
  if (!value) return {};
  Secret secret(*value);
  OPENSSL_cleanse(value->data(), value->size());
  return secret;
}

Result<Credentials> read(const Environment& environment) {
  const std::optional<std::string> accessKey = environment(accessKeyName);
  Secret secretKey = takeSecret(environment(secretKeyName));
  if (!accessKey || secretKey.empty()) {
    std::string why = "neither AWS_ACCESS_KEY_ID nor AWS_SECRET_ACCESS_KEY is set";
    if (accessKey) why = "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not";
    if (!secretKey.empty()) why = "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not";
    return notConfigured(std::move(why));
  }
  return checkedGivenKeys({*accessKey,
                           std::move(secretKey),
                           takeSecret(environment(sessionTokenName)),
                           std::nullopt,
                           "environment variables",
                           {}});
}

}  // namespace

void EnvironmentProvider::fetch(Callback callback) {
  callback(read(environment_));
}

std::optional<Result<Credentials>> EnvironmentProvider::atHand() {
  return read(environment_);
}

}  // namespace kvs::aws
