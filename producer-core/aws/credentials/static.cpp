// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/static.h"

#include "aws/credentials/check.h"

namespace kvs::aws {
namespace {

Result<Credentials> read(StaticKeys keys, std::string_view source) {
  if (!keys.accessKey.empty() && !keys.secretKey.empty()) {
    return checkedGivenKeys({std::move(keys.accessKey),
                             std::move(keys.secretKey),
                             std::move(keys.sessionToken),
                             std::nullopt,
                             std::string(source),
                             {}});
  }
  const char* why = "neither access-key nor secret-key is set";
  if (!keys.accessKey.empty()) why = "access-key is set but secret-key is not";
  if (!keys.secretKey.empty()) why = "secret-key is set but access-key is not";
  return notConfigured(why);
}

}  // namespace

void StaticProvider::fetch(Callback callback) {
  callback(read(keys_->get(), name()));
}

std::optional<Result<Credentials>> StaticProvider::atHand() {
  return read(keys_->get(), name());
}

}  // namespace kvs::aws
