// SPDX-License-Identifier: Apache-2.0
// The answer to an upload as it comes from a connection, wherever the network split it. The first byte says
// how it is split.
#include <algorithm>

#include "fuzz_input.h"
#include "net/answer_reader.h"

namespace {

using namespace kvs;
using fuzz::require;
using State = net::AnswerReader::State;

struct Read {
  net::AnswerReader reader;
  WipingBytes body{};
};

Read read(ByteView raw, std::size_t step) {
  Read read;
  const fuzz::Pieced pieces(raw, step);
  for (const ByteView piece : Pieces(pieces))
    read.reader.feed(piece, read.body);
  return read;
}

bool haveEqualHeads(const net::ResponseHead& a, const net::ResponseHead& b) {
  return a.status == b.status && std::ranges::equal(a.headers, b.headers, [](const auto& x, const auto& y) {
           return x.name == y.name && x.value == y.value;
         });
}

void requireSoundHead(const net::ResponseHead& head) {
  require(head.status >= 200 && head.status <= 999, "a final status has three digits");
  for (const net::Header& header : head.headers) {
    require(!header.name.empty(), "a header has a name");
    require(header.name.find_first_of(" \t:\r\n") == header.name.npos, "a header's name is a token");
    require(header.value.find_first_of("\r\n") == header.value.npos, "a header is one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t step = 1 + input.byte() % 64;
  const ByteView raw = input.rest();
  const Read whole = read(raw, std::max<std::size_t>(raw.size(), 1));
  const Read parts = read(raw, step);
  require(whole.reader.state() == parts.reader.state(), "a split changes nothing of the end");
  require(whole.reader.hasHead() == parts.reader.hasHead(), "a split hides no head");
  require(whole.body == parts.body, "a split changes nothing of a body");
  require(whole.body.size() <= raw.size(), "a body is no longer than what came");
  require(whole.reader.isWholeAtClose() == parts.reader.isWholeAtClose(), "a split makes nothing whole");
  if (whole.reader.hasHead()) {
    require(haveEqualHeads(whole.reader.head(), parts.reader.head()), "a split changes nothing of a head");
    if (whole.reader.state() != State::broken) requireSoundHead(whole.reader.head());
  }
  const net::Place place{true, "host", 443};
  if (whole.reader.state() == State::broken) {
    const Error error = whole.reader.error(place);
    require(error.kind != ErrorKind::fatal, "what a peer says is not fatal");
    require(error.message.size() <= 600, "a text that is shown is short");
  }
  return 0;
}
