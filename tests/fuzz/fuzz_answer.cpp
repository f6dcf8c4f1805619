// SPDX-License-Identifier: Apache-2.0
// An answer as it comes from the network, to PutMedia or to a call: head, framing, acknowledgements, error
// texts; whoever sent it, and wherever the network split it. The first byte says how it is split.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "aws/acknowledgement.h"
#include "aws/control_plane.h"
#include "aws/credentials/check.h"
#include "aws/credentials/source.h"
#include "aws/http_call.h"
#include "aws/service_error.h"
#include "base/redaction.h"
#include "base/secret.h"
#include "fuzz_input.h"
#include "net/curl_error.h"
#include "net/response_body.h"
#include "net/response_head.h"

namespace {

using namespace kvs;
using fuzz::require;

constexpr std::string_view token = "FwoGZXIvYXdzEJr//////////wEaDKvNZm9yIHRoZSBmdXp6";

/// Known for the whole run.
const Secret& sentToken() {
  static const Secret* secret = [] {
    const auto* made = new Secret(token);  // never freed: nothing may end before the last input
    made->sent();
    return made;
  }();
  return *secret;
}

/// What may be shown to a user.
void requireShown(std::string_view text, std::size_t longest) {
  require(text.size() <= longest, "a text that is shown is short");
  require(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }),
          "a text that is shown has no control characters");
  require(text.find(token) == text.npos, "a text that is shown holds no secret");
}

void requireError(const Error& error) {
  requireShown(error.message, 3000);
  requireShown(error.exception, 200);
  requireShown(error.requestId, 200);
  require(!error.retryAfter ||
              (*error.retryAfter >= Milliseconds(0) && *error.retryAfter <= std::chrono::hours(24)),
          "a wait is bounded");
}

/// The next line with its end, as libcurl hands them over; empty at the end.
ByteView takeLine(ByteView& rest) {
  const auto end = std::ranges::find(rest, std::byte{'\n'});
  const auto size = static_cast<std::size_t>(end - rest.begin()) + (end != rest.end() ? 1 : 0);
  const ByteView line = rest.first(size);
  rest = rest.subspan(size);
  return line;
}

/// Whether all of the head was there.
bool readHead(net::ResponseHeadReader& reader, ByteView& rest) {
  while (!rest.empty() && !reader.isComplete()) {
    const ByteView line = takeLine(rest);
    const Bytes exact(line.begin(), line.end());
    if (!reader.take(asText(exact))) return false;
  }
  return reader.isComplete();
}

WipingBytes unframe(const net::ResponseHead& head, const std::vector<Bytes>& pieces,
                    net::ResponseBody::State& state) {
  net::ResponseBody framing(head);
  WipingBytes body;
  for (const Bytes& piece : pieces) {
    if (framing.state() != net::ResponseBody::State::open) break;
    framing.feed(piece, body);
  }
  state = framing.state();
  static_cast<void>(framing.atClose());
  return body;
}

std::vector<Bytes> split(ByteView bytes, std::size_t step) {
  std::vector<Bytes> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const ByteView part = bytes.subspan(at, std::min(step, bytes.size() - at));
    pieces.emplace_back(part.begin(), part.end());
  }
  return pieces;
}

struct Heard {
  std::vector<aws::Acknowledgement> acks;
  unsigned nonsense = 0;
};

Heard readAcks(const std::vector<Bytes>& pieces) {
  Heard heard;
  aws::AckParser parser;
  for (const Bytes& piece : pieces) {
    const auto fed = parser.feed(piece, heard.acks);
    if (!fed) requireError(fed.error());
    if (!fed) ++heard.nonsense;
  }
  return heard;
}

void readAcks(ByteView body, std::size_t step) {
  const Heard whole = readAcks(split(body, std::max<std::size_t>(body.size(), 1)));
  const Heard parts = readAcks(split(body, step));
  require(whole.acks.size() == parts.acks.size(), "a split changes no acknowledgement");
  require((whole.nonsense > 0) == (parts.nonsense > 0), "a split hides no nonsense");
  for (std::size_t i = 0; i < whole.acks.size(); ++i) {
    const aws::Acknowledgement& a = whole.acks[i];
    const aws::Acknowledgement& b = parts.acks[i];
    require(a.type == b.type && a.timecode == b.timecode && a.fragmentNumber == b.fragmentNumber &&
                a.errorId == b.errorId && a.errorCode == b.errorCode,
            "a split changes nothing of an acknowledgement");
    requireShown(a.fragmentNumber, 130);
    requireShown(a.errorCode, 130);
  }
}

/// `which` chooses the call.
void readCallsAnswer(const net::ResponseHead& head, std::string_view body, std::size_t which) {
  using aws::Operation;
  constexpr std::array operations{Operation::describeStream, Operation::createStream, Operation::tagStream,
                                  Operation::getDataEndpoint, Operation::putMedia};
  requireError(aws::parseErrorAnswer(head, body, operations.at(which % operations.size()), "stream"));
  aws::Answer answer;
  answer.head = head;
  answer.body = body;
  requireError(aws::refusedBy("source", answer, "Check it."));
  if (const auto described = aws::parseDescribeStream(body); !described) requireError(described.error());
  if (const auto created = aws::parseCreateStream(body); !created) requireError(created.error());
  if (const auto found = aws::parseGetDataEndpoint(body, false); !found) requireError(found.error());
}

/// `which` chooses what libcurl says of it.
void readNoAnswer(ByteView bytes, std::size_t which) {
  const net::Place place{true, "host", 443};
  requireError(net::notHttp(place, bytes));
  constexpr std::array codes{CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_RECV_ERROR};
  const Error error =
      net::explain({.code = codes.at(which % codes.size()), .detail = asText(bytes), .reached = true}, place);
  require(error.kind != ErrorKind::fatal, "what a peer says is not fatal");
  requireError(error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(sentToken());
  fuzz::Input input(data, size);
  const std::size_t step = 1 + input.byte() % 64;
  ByteView rest = input.rest();
  const ByteView all = rest;
  net::ResponseHeadReader reader;
  if (!readHead(reader, rest)) {
    readNoAnswer(all, step);
    return 0;
  }
  net::ResponseBody::State state{};
  net::ResponseBody::State statePieced{};
  const WipingBytes body = unframe(reader.head(), split(rest, std::max<std::size_t>(rest.size(), 1)), state);
  const WipingBytes pieced = unframe(reader.head(), split(rest, step), statePieced);
  require(state == statePieced && body == pieced, "a split changes nothing of a body");
  require(body.size() <= rest.size(), "a body is no longer than what came");
  readAcks(body, step);
  readCallsAnswer(reader.head(), asText(body), step);
  return 0;
}
