// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: its corpus, then mutations of it, the same ones every time.
//   fuzz-NAME CORPUS_FOLDER [ROUNDS [SEED]] [--save FILE]
// With --save each input is written to FILE before it runs, so that a crash leaves its input behind.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr std::size_t maxInput = 16 * 1024;

std::vector<Input> readCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());  // the folder's own order differs from machine to machine
  std::vector<Input> corpus;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<Input>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  Input next() {
    if (below(16) == 0) return noise();
    Input input = pick();
    for (std::size_t i = 1 + below(6); i > 0; --i)
      mutate(input);
    if (input.size() > maxInput) input.resize(maxInput);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_.next() % bound; }
  const Input& pick() { return corpus_[below(corpus_.size())]; }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_.next()); }

  Input noise() {
    Input input(below(300));
    for (std::uint8_t& value : input)
      value = byte();
    return input;
  }

  /// Ends of ranges, and what start codes and lengths are made of.
  std::uint8_t telling() {
    static constexpr std::uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x7F, 0x80, 0xFE, 0xFF};
    return values[below(std::size(values))];
  }

  void mutate(Input& input) {
    const std::size_t at = below(input.size() + 1);
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t length = std::min(input.size() - at, 1 + below(8));
    const auto end = here + static_cast<std::ptrdiff_t>(length);
    switch (below(7)) {
      case 0:
        if (length > 0) *here = static_cast<std::uint8_t>(*here ^ 1u << below(8));
        break;
      case 1:
        if (length > 0) *here = telling();
        break;
      case 2:
        input.insert(here, 1 + below(4), telling());
        break;
      case 3:
        input.erase(here, end);
        break;
      case 4:
        input.resize(at);
        break;
      case 5: {
        const Input copy(here, end);
        input.insert(here, copy.begin(), copy.end());
        break;
      }
      default: {
        const Input& other = pick();
        const auto from = other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1));
        input.insert(here, from, other.end());
        break;
      }
    }
  }

  const std::vector<Input>& corpus_;
  kvs::Random random_;
};

struct Options {
  std::string corpus;
  unsigned long rounds = 20'000;
  std::uint64_t seed = 1;
  std::string save;
};

Options readOptions(int argc, char** argv) {
  Options options;
  std::vector<std::string> plain;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--save" && i + 1 < argc) {
      options.save = argv[++i];
    } else {
      plain.emplace_back(argv[i]);
    }
  }
  if (!plain.empty()) options.corpus = plain[0];
  if (plain.size() > 1) options.rounds = std::stoul(plain[1]);
  if (plain.size() > 2) options.seed = std::stoull(plain[2]);
  return options;
}

void run(const Input& input, const std::string& save) {
  if (!save.empty()) {
    std::ofstream(save, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  }
  // A copy of the exact size, so that a sanitizer sees a read past the end.
  const Input exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = readOptions(argc, argv);
  if (!std::filesystem::is_directory(options.corpus)) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [ROUNDS [SEED]] [--save FILE]\n", argv[0]);
    return 2;
  }
  const std::vector<Input> corpus = readCorpus(options.corpus);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s is empty\n", options.corpus.c_str());
    return 1;
  }
  run({}, options.save);
  for (const Input& input : corpus)
    run(input, options.save);
  Mutator mutator(corpus, options.seed);
  for (unsigned long round = 0; round < options.rounds; ++round)
    run(mutator.next(), options.save);
  std::printf("%zu corpus files and %lu mutations\n", corpus.size(), options.rounds);
  return 0;
}
