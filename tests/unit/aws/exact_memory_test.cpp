// SPDX-License-Identifier: Apache-2.0
// No reader of credentials looks behind the end of its text: the copy that it reads in place ends where a
// page ends behind which nothing may be read. On its own, since it has its own operator new.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "aws/credentials/json_credentials.h"

namespace {

std::size_t guardedSize = 0;  // blocks of exactly this size end at the end of a page
void* guardedBlock = nullptr;
std::size_t guardedPages = 0;
int guardedBlocks = 0;

std::size_t pageSize() {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// One at a time; nothing else has the size while a text is read.
void* guarded(std::size_t size) {
  guardedPages = (size + pageSize() - 1) / pageSize() * pageSize();
  void* pages =
      mmap(nullptr, guardedPages + pageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  char* end = static_cast<char*>(pages) + guardedPages;
  if (mprotect(end, pageSize(), PROT_NONE) != 0) throw std::bad_alloc();
  ++guardedBlocks;
  guardedBlock = end - size;
  return guardedBlock;
}

}  // namespace

void* operator new(std::size_t size) {
  if (size == guardedSize && !guardedBlock) return guarded(size);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  if (!memory || memory != guardedBlock) return std::free(memory);
  guardedBlock = nullptr;
  char* end = static_cast<char*>(memory) + guardedSize;
  munmap(end - guardedPages, guardedPages + pageSize());
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace kvs::aws {
namespace {

/// Shorter ones stand in the string itself.
constexpr std::size_t shortest = 24;

void read(std::string_view text) {
  if (text.size() < shortest) return;
  guardedSize = text.size() + 1;  // with the terminator
  guardedBlocks = 0;
  for (const JsonNames* names : {&iotNames, &endpointNames, &processNames})
    static_cast<void>(parseJsonCredentials(text, *names, "source"));
  guardedSize = 0;
  EXPECT_EQ(guardedBlocks, 3) << "the copy was not guarded";
}

void readPrefixes(std::string_view text) {
  for (std::size_t size = 0; size <= text.size(); ++size)
    read(text.substr(0, size));
}

TEST(ExactMemory, JsonThatEndsWithinAUtf8SequenceIsReadUpToItsEndOnly) {
  const std::string front = R"({"a text that is long enough":1,"x":")";
  for (int lead = 0x80; lead <= 0xff; ++lead) {
    for (const std::string_view follow : {"", "\x80", "\x9f\xbf", "\xbf\xbf\xbf", "\""}) {
      const std::string odd = front + static_cast<char>(lead) + std::string(follow);
      read(odd);
      read(front + "\\u0041" + odd.substr(front.size()));  // what is behind an escape is moved
    }
  }
}

TEST(ExactMemory, AnyPrefixOfOddJsonIsReadUpToItsEndOnly) {
  readPrefixes(
      "{\"Version\":1,\"AccessKeyId\":\"AKIDEXAMPLE\",\"Token\":\"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9\"}");
  readPrefixes(R"({"escapes":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","credentials":{"accessKeyId":"\ud83d"}})");
  readPrefixes(R"({"numbers":[-0.5e-10,1E+400,18446744073709551616,-],"words":[true,false,null,nul]})");
  readPrefixes("{\"\xf4\x8f\xbf\xbf as a name\":{\"\xed\xa0\x80 is a surrogate\":[[[{}]]]}}   \xef\xbb\xbf");
}

}  // namespace
}  // namespace kvs::aws
