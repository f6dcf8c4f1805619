// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/json_credentials.h"

#include <rapidjson/document.h>

#include <optional>

#include "aws/credentials/check.h"
#include "aws/credentials/in_place_stream.h"
#include "aws/iso_time.h"
#include "aws/json_text.h"
#include "base/wiping.h"

namespace kvs::aws {
namespace {

/// Its texts lie in the text that it was read from.
using Json = rapidjson::Value;

/// Read in place: no copy of a secret is made that nobody could overwrite.
std::optional<rapidjson::Document> readInPlace(WipingString& text) {
  // It would end at a zero.
  if (text.find('\0') != text.npos || !isShallowJson(text)) return std::nullopt;
  InPlaceStream stream(text);
  rapidjson::Document json;
  json.ParseStream<rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag>(stream);
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;
  return json;
}

/// Of a name that stands there twice the last one; null where it is absent.
const Json* field(const Json& object, std::string_view name) {
  for (auto member = object.MemberEnd(); member != object.MemberBegin();) {
    --member;
    if (std::string_view(member->name.GetString(), member->name.GetStringLength()) == name)
      return &member->value;
  }
  return nullptr;
}

std::string_view text(const Json& object, const char* name) {
  const Json* found = field(object, name);
  if (!found || !found->IsString()) return {};
  return {found->GetString(), found->GetStringLength()};
}

/// Null where the credentials would stand in an object that is not there.
const Json* credentialsIn(const Json& answer, const JsonNames& names) {
  const Json* object = names.object ? field(answer, names.object) : &answer;
  return object && object->IsObject() ? object : nullptr;
}

bool isVersionOne(const Json& object) {
  const Json* version = field(object, "Version");
  return version && version->IsInt() && version->GetInt() == 1;
}

}  // namespace

Result<Credentials> parseJsonCredentials(std::string_view answer, const JsonNames& names,
                                         std::string_view source) {
  const auto wrong = [&](const char* what) {
    return sourceFailed("The answer of the " + std::string(source) + " " + what + "; check what sends it.");
  };
  WipingString copy(answer);
  const auto json = readInPlace(copy);
  if (!json) {
    auto strange = wrong("is not a JSON object");
    strange.value().strange = true;
    return strange;
  }
  const Json* object = credentialsIn(*json, names);
  if (!object) return wrong("holds no credentials");
  if (names.versioned && !isVersionOne(*object)) return wrong("does not have Version 1, the only known one");

  Credentials credentials;
  credentials.accessKey = text(*object, names.accessKey);
  credentials.secretKey = Secret(text(*object, names.secretKey));
  credentials.sessionToken = Secret(text(*object, names.sessionToken));
  credentials.source = source;
  const std::string_view expiration = text(*object, names.expiration);
  credentials.expiration = parseIsoTime(expiration);
  if (!credentials.expiration && (names.temporary || !expiration.empty()))
    return wrong("has no expiry time like 2026-01-31T23:59:59Z");
  if (names.temporary && credentials.sessionToken.empty()) return wrong("has no session token");
  return checkedKeys(std::move(credentials), source);
}

}  // namespace kvs::aws
