// SPDX-License-Identifier: Apache-2.0
// Requests to kvs-local, in one piece and in the pieces that the input chooses: both are the same. What is
// made of the head behind that, too: the address of the data endpoint, and PutMedia's own headers.
#include <memory>

#include "http/http_parser.h"
#include "http/public_url.h"
#include "kvs_local_input.h"
#include "service/put_media_headers.h"

namespace {

using namespace kvslocal;
using fuzz::require;

/// Reads as a connection does: a new parser for each request, and what was not taken comes again.
class Reader {
 public:
  void feed(ByteView piece) {
    waiting_.insert(waiting_.end(), piece.begin(), piece.end());
    while (takePart()) {
    }
  }

  std::vector<HttpHead> heads;
  std::vector<std::string> bodies;
  int ends = 0;
  bool refused = false;

 private:
  bool takePart() {
    if (refused) return false;
    const auto part = parser_->next(waiting_);
    refused = !part;
    if (!part) return false;
    require(part->taken <= waiting_.size(), "no more is taken than there was");
    const bool nothing = part->kind == HttpPart::Kind::nothing;
    require(!nothing || part->taken == waiting_.size(), "only behind a part something is left");
    if (part->kind == HttpPart::Kind::head) {
      heads.push_back(parser_->head());
      bodies.emplace_back();
    }
    require(part->body.empty() == (part->kind != HttpPart::Kind::body), "a piece of the body has bytes");
    if (!part->body.empty()) bodies.back().append(part->body.begin(), part->body.end());
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(part->taken));
    if (part->kind == HttpPart::Kind::end) {
      ++ends;
      parser_ = std::make_unique<HttpParser>();
    }
    return !nothing;
  }

  std::unique_ptr<HttpParser> parser_ = std::make_unique<HttpParser>();
  Bytes waiting_;
};

void useHead(const HttpHead& head) {
  static_cast<void>(parsePutMediaHeaders(head));
  const std::string url = reachedUrl(false, head.header("host"), {"127.0.0.1", 8443});
  require(publicUrlFault(url).empty(), "the endpoint that is answered is a good one");
  static_cast<void>(publicUrlFault(head.target));
}

bool sameHead(const HttpHead& left, const HttpHead& right) {
  return left.method == right.method && left.target == right.target && left.headers == right.headers &&
         left.keepAlive == right.keepAlive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::CutInput input(data, size);
  Reader whole;
  whole.feed(input.whole());
  Reader cut;
  for (const Bytes& piece : input.pieces())
    cut.feed(piece);
  require(cut.refused == whole.refused && cut.ends == whole.ends, "a cut changes no request's end");
  require(cut.bodies == whole.bodies, "a cut changes no body");
  require(std::equal(cut.heads.begin(), cut.heads.end(), whole.heads.begin(), whole.heads.end(), sameHead),
          "a cut changes no head");
  for (const HttpHead& head : whole.heads)
    useHead(head);
  return 0;
}
