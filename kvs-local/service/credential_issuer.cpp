// SPDX-License-Identifier: Apache-2.0
#include "service/credential_issuer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <ctime>
#include <stdexcept>

namespace kvslocal {
namespace {

constexpr char tokenSeparator = '/';

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("there are no random numbers to make credentials of");
  return bytes;
}

std::string randomText(std::size_t length, std::string_view letters) {
  std::string text = randomBytes(length);
  for (char& c : text)
    c = letters[static_cast<unsigned char>(c) % letters.size()];
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

bool sameText(const std::string& left, const std::string& right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

CredentialIssuer::CredentialIssuer(std::chrono::seconds lifetime)
    : lifetime_(lifetime), ownKey_(randomBytes(64)) {}

IssuedKey CredentialIssuer::issue(WallTime now) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return keyOf("ASIA" + randomText(16, letters), now + lifetime_);
}

std::optional<IssuedKey> CredentialIssuer::find(const std::string& accessKey,
                                                const std::string& token) const {
  std::int64_t expires = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, expires);
  if (error != std::errc() || stop == end || *stop != tokenSeparator) return std::nullopt;
  IssuedKey key = keyOf(accessKey, WallTime(std::chrono::milliseconds(expires)));
  return sameText(key.sessionToken, token) ? std::optional(std::move(key)) : std::nullopt;
}

IssuedKey CredentialIssuer::keyOf(const std::string& accessKey, WallTime expires) const {
  // A secret key has 40 characters; real session tokens are long, so that programs are tried with such.
  const std::string proof = seal("token", accessKey, expires) + seal("filling", accessKey, expires);
  return {accessKey, base64(seal("secret", accessKey, expires)).substr(0, 40),
          std::to_string(expires.time_since_epoch().count()) + tokenSeparator + base64(proof), expires};
}

std::string CredentialIssuer::seal(const std::string& purpose, const std::string& accessKey,
                                   WallTime expires) const {
  const std::string text =
      purpose + ' ' + accessKey + ' ' + std::to_string(expires.time_since_epoch().count());
  std::string digest(64, '\0');
  unsigned int length = 64;
  HMAC(EVP_sha512(), ownKey_.data(), static_cast<int>(ownKey_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &length);
  return digest;
}

std::string isoSeconds(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace kvslocal
