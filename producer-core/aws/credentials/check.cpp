// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/check.h"

#include <algorithm>

#include "base/limits.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxAccessKey = 128;  // IAM, "AccessKeyId": 16 to 128
constexpr std::size_t maxSecretKey = 1024;
constexpr std::size_t maxSessionToken = limits::authLength.kept;

bool isToken(std::string_view text, std::size_t longest) {
  return text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

tl::unexpected<Error> failure(ErrorKind kind, std::string why) {
  return fail(StatusCode::clientAuthFailed, kind, std::move(why));
}

}  // namespace

tl::unexpected<Error> notConfigured(std::string why) {
  return failure(ErrorKind::notFound, std::move(why));
}

tl::unexpected<Error> sourceFailed(std::string why) {
  return failure(ErrorKind::retryable, std::move(why));
}

tl::unexpected<Error> sourceMisused(std::string why) {
  return failure(ErrorKind::fatal, std::move(why));
}

Result<Credentials> checkedKeys(Credentials credentials, std::string_view source) {
  const auto wrong = [&](const char* what) {
    return sourceFailed("The credentials from " + std::string(source) + " have " + what +
                        "; check their source.");
  };
  if (credentials.accessKey.empty()) return wrong("no access key");
  if (credentials.secretKey.empty()) return wrong("no secret key");
  if (!isToken(credentials.accessKey, maxAccessKey))
    return wrong("an access key that is too long or contains a blank, a line break or the like");
  if (!isToken(credentials.secretKey.reveal(), maxSecretKey))
    return wrong("a secret key that is too long or contains a blank, a line break or the like");
  const std::string_view token = credentials.sessionToken.reveal();
  if (token.size() > maxSessionToken) {
    return fail(limits::authLength.code, ErrorKind::retryable,
                "The credentials from " + std::string(source) + " have a session token of " +
                    std::to_string(token.size()) + " bytes; at most 10000 are accepted. Check their source.");
  }
  if (!isToken(token, maxSessionToken))
    return wrong("a session token that contains a blank, a line break or the like");
  return credentials;
}

Result<Credentials> checkedGivenKeys(Credentials credentials) {
  const std::string source = credentials.source;
  auto checked = checkedKeys(std::move(credentials), source);
  if (!checked) checked.error().kind = ErrorKind::fatal;
  return checked;
}

bool isPlainText(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace kvs::aws
