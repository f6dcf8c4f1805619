// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/json_credentials.h"

#include <nlohmann/json.hpp>

#include "aws/credentials/check.h"
#include "aws/iso_time.h"
#include "aws/json_text.h"
#include "base/wiping.h"

namespace kvs::aws {
namespace {

/// JSON whose texts are wiped when they go, the parser's own copy as well.
using SecretJson = nlohmann::basic_json<std::map, std::vector, WipingString>;

std::string_view textOf(const SecretJson& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_string()) return {};
  return at->get_ref<const WipingString&>();
}

bool isVersionOne(const SecretJson& object) {
  const auto at = object.find("Version");
  return at != object.end() && at->is_number_integer() && at->get<std::int64_t>() == 1;
}

}  // namespace

Result<Credentials> parseJsonCredentials(std::string_view text, const JsonNames& names,
                                         std::string_view source) {
  const auto wrong = [&](const char* what) {
    return sourceFailed("The answer of the " + std::string(source) + " " + what + "; check what gives it.");
  };
  if (!isShallowJson(text)) return wrong("is nested too deeply to be credentials");
  const SecretJson json = SecretJson::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("is not a JSON object");
  const auto inner = names.object ? json.find(names.object) : json.end();
  if (names.object && (inner == json.end() || !inner->is_object())) return wrong("holds no credentials");
  const SecretJson& object = names.object ? *inner : json;
  if (names.versioned && !isVersionOne(object))
    return wrong("has not the Version 1, which is the only known");

  Credentials credentials;
  credentials.accessKey = textOf(object, names.accessKey);
  credentials.secretKey = Secret(textOf(object, names.secretKey));
  credentials.sessionToken = Secret(textOf(object, names.sessionToken));
  credentials.source = source;
  const std::string_view expiration = textOf(object, names.expiration);
  credentials.expiration = parseIsoTime(expiration);
  if (!credentials.expiration && (names.temporary || !expiration.empty()))
    return wrong("has no time of expiry that is like 2026-01-31T23:59:59Z");
  if (names.temporary && credentials.sessionToken.empty()) return wrong("has no session token");
  return checkedKeys(std::move(credentials), source);
}

}  // namespace kvs::aws
