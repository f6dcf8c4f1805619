// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/json_credentials.h"

#include "aws/credentials/check.h"
#include "aws/credentials/secret_json.h"
#include "aws/iso_time.h"

namespace kvs::aws {

Result<Credentials> parseJsonCredentials(std::string_view text, const JsonNames& names,
                                         std::string_view source) {
  const auto wrong = [&](const char* what) {
    return sourceFailed("The answer of the " + std::string(source) + " " + what + "; check what gives it.");
  };
  const auto json = SecretJson::parse(text);
  if (!json) return wrong("is not a JSON object");
  const SecretJson* object = names.object ? json->object(names.object) : &*json;
  if (!object) return wrong("holds no credentials");
  if (names.versioned && object->number("Version") != "1")
    return wrong("has not the Version 1, which is the only known");

  Credentials credentials;
  credentials.accessKey = object->text(names.accessKey);
  credentials.secretKey = Secret(object->text(names.secretKey));
  credentials.sessionToken = Secret(object->text(names.sessionToken));
  credentials.source = source;
  const std::string_view expiration = object->text(names.expiration);
  credentials.expiration = parseIsoTime(expiration);
  if (!credentials.expiration && (names.temporary || !expiration.empty()))
    return wrong("has no time of expiry that is like 2026-01-31T23:59:59Z");
  if (names.temporary && credentials.sessionToken.empty()) return wrong("has no session token");
  return checkedKeys(std::move(credentials), source);
}

}  // namespace kvs::aws
