// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/file.h"

#include <array>

#include "aws/credentials/check.h"
#include "aws/iso_time.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxWords = 5;

struct Words {
  std::array<std::string_view, maxWords> at;
  std::size_t count = 0;  ///< maxWords + 1 where there are more
};

Words wordsOf(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  Words words;
  for (std::size_t from = text.find_first_not_of(blanks); from != std::string_view::npos;) {
    if (words.count == maxWords) {
      ++words.count;
      break;
    }
    const std::size_t end = std::min(text.find_first_of(blanks, from), text.size());
    words.at[words.count++] = text.substr(from, end - from);
    from = text.find_first_not_of(blanks, end);
  }
  return words;
}

tl::unexpected<Error> expires(const std::string& path) {
  return fail(StatusCode::invalidTokenExpiration, ErrorKind::fatal,
              "The credentials in " + path + " have expired or expire within " +
                  std::to_string(expiryGrace.count()) +
                  " s; write new ones into it in time, and check this machine's clock.");
}

}  // namespace

Result<Credentials> parseCredentialFile(std::string_view text, const std::string& path, WallTime now) {
  const Words words = wordsOf(text);
  const bool temporary = words.count == 5;
  if ((!temporary && words.count != 3) || words.at[0] != "CREDENTIALS") {
    return sourceMisused(path +
                         " is not a credential file: it must read CREDENTIALS KEY SECRET, or CREDENTIALS KEY "
                         "EXPIRATION SECRET TOKEN.");
  }
  Credentials credentials;
  credentials.accessKey = words.at[1];
  credentials.secretKey = Secret(words.at[temporary ? 3 : 2]);
  credentials.source = "credential file";
  if (temporary) {
    credentials.sessionToken = Secret(words.at[4]);
    credentials.expiration = parseIsoTime(words.at[2]);
    if (!credentials.expiration)
      return sourceMisused("The expiration in " + path + " is not a time like 2026-01-31T23:59:59Z.");
    if (*credentials.expiration < now + expiryGrace) return expires(path);
  }
  return checkedKeys(std::move(credentials), path);
}

void FileSource::begin() {
  if (path_.empty()) return finish(notConfigured("credential-path is not set"));
  if (mustExist_) return readFile(path_, [this](const WipingString& text) { take(text); });
  readFileIfThere(path_, [this](const WipingString& text) {
    if (text.empty()) return finish(notConfigured(path_ + " does not exist or is empty"));
    take(text);
  });
}

void FileSource::take(const WipingString& text) {
  finish(parseCredentialFile(text, path_, tools().clock->wallNow()));
}

}  // namespace kvs::aws
