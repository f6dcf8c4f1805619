// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/check.h"
#include "aws/credentials/programs.h"

namespace kvs::aws {
namespace {

/// POSIX 2.2.1 to 2.2.3, as far as a word's borders go.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  Result<std::vector<std::string>> split() {
    while (!rest_.empty() && whole_)
      take(next());
    endWord();
    if (!whole_) return sourceMisused("credential_process has an unfinished quote or backslash; correct it.");
    if (words_.empty()) return sourceMisused("credential_process is empty; name a program there.");
    return words_;
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void take(char c) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return endWord();
    inWord_ = true;
    if (c == '\'') return takeQuoted('\'', "");
    if (c == '"') return takeQuoted('"', "\"\\");
    if (c != '\\') return void(word_ += c);
    whole_ = !rest_.empty();
    if (whole_) word_ += next();
  }

  /// `escaped`: what a backslash makes literal in these quotes.
  void takeQuoted(char quote, std::string_view escaped) {
    while (!rest_.empty()) {
      const char c = next();
      if (c == quote) return;
      const bool escape =
          c == '\\' && !rest_.empty() && escaped.find(rest_.front()) != std::string_view::npos;
      word_ += escape ? next() : c;
    }
    whole_ = false;
  }

  void endWord() {
    if (std::exchange(inWord_, false)) words_.push_back(std::exchange(word_, {}));
  }

  std::string_view rest_;
  std::vector<std::string> words_;
  std::string word_;
  bool inWord_ = false;
  bool whole_ = true;
};

}  // namespace

Result<std::vector<std::string>> splitCommand(std::string_view command) {
  return Splitter(command).split();
}

}  // namespace kvs::aws
