// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/static.h"

namespace kvs::aws {

void StaticProvider::fetch(Callback callback) {
  if (!accessKey_.empty() && !secretKey_.empty()) {
    return callback(Credentials{accessKey_, secretKey_, sessionToken_, std::nullopt, std::string(name())});
  }
  const char* why = "neither access-key nor secret-key is set";
  if (!accessKey_.empty()) why = "access-key is set but secret-key is not";
  if (!secretKey_.empty()) why = "secret-key is set but access-key is not";
  callback(fail(StatusCode::clientAuthFailed, ErrorKind::notFound, why));
}

}  // namespace kvs::aws
