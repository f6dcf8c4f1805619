// SPDX-License-Identifier: Apache-2.0
// The command line of kvs-local, a word a line, and the times that stand in it.
#include "cli/options.h"
#include "cli/time_text.h"
#include "kvs_local_input.h"

namespace {

using namespace kvslocal;
using fuzz::require;

std::vector<std::string> words(std::string text) {
  std::vector<std::string> all{"kvs-local"};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    all.push_back(text.substr(0, end));
    text.erase(0, std::min(end + 1, text.size()));
  }
  return all;
}

void parse(std::vector<std::string> all) {
  std::vector<char*> argv;
  for (auto& word : all)
    argv.push_back(word.data());
  const Command command = parseCommandLine(static_cast<int>(argv.size()), argv.data());
  const auto* nothing = std::get_if<NothingToDo>(&command);
  require(nothing == nullptr || !nothing->text.empty(), "who asks for nothing hears why");
}

void readTime(const std::string& text) {
  const auto time = parseTime(text);
  if (!time) return;
  const auto again = parseTime(formatTime(*time));
  require(!again || *again == *time, "a time that is written is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto all = words(text);
  parse(all);
  for (const auto& word : all)
    readTime(word);
  return 0;
}
