// SPDX-License-Identifier: Apache-2.0
#include "service/put_media_exchange.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/log.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

constexpr std::size_t mostUnread = 4 * 1024 * 1024;  // of acknowledgements

}  // namespace

/// The answer's body: what was acknowledged and has not left yet, each in a chunk of its own. While the
/// client leaves too much of it unread, no more of the request is asked for.
class PutMediaExchange::Lines {
 public:
  /// The connection's end of it.
  class Source final : public BodySource {
   public:
    explicit Source(std::shared_ptr<Lines> lines) : lines_(std::move(lines)) {}
    Next next(std::string& piece) override { return lines_->next(piece); }

   private:
    std::shared_ptr<Lines> lines_;
  };

  void add(std::string line) {
    bytes_ += line.size();
    lines_.push_back(std::move(line));
  }
  void end(BodySource::Next how) { end_ = how; }
  [[nodiscard]] bool ended() const { return end_ != BodySource::Next::later; }
  /// Calls `pull` when the client has read enough for it: now, if it has.
  void whenRead(std::function<void()> pull) {
    if (bytes_ <= mostUnread) return pull();
    pull_ = std::move(pull);
  }
  void forgetPull() { pull_ = nullptr; }

 private:
  BodySource::Next next(std::string& piece) {
    if (lines_.empty()) return end_;
    piece = std::move(lines_.front());
    lines_.pop_front();
    bytes_ -= piece.size();
    if (pull_ && bytes_ <= mostUnread) std::exchange(pull_, nullptr)();
    return BodySource::Next::piece;
  }

  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  BodySource::Next end_ = BodySource::Next::later;
  std::function<void()> pull_;
};

PutMediaExchange::PutMediaExchange(const VerifierConfig& verifier, const Clock& clock, StreamTable& streams,
                                   const SessionMaker& makeSession, HttpHead head)
    : verifier_(verifier),
      clock_(clock),
      streams_(streams),
      makeSession_(makeSession),
      head_(std::move(head)),
      lines_(std::make_shared<Lines>()) {}

PutMediaExchange::~PutMediaExchange() = default;

// ---- from the client

void PutMediaExchange::start(Exchange& exchange) {
  exchange_ = &exchange;
  if (const auto refused = verifySignature(verifier_, head_, streamingPayloadHashes(), clock_.wall()))
    return refuse(errorReply(*refused));
  exchange.trust();
  if (const auto read = readHeaders(); !read)
    return refuse(errorReply({"InvalidArgumentException", read.error()}));
  session_ = makeSession_(headers_, *this, exchange);
  session_->begin();
}

Result<void> PutMediaExchange::readHeaders() {
  const auto headers = parsePutMediaHeaders(head_);
  if (!headers) return failure(headers.error());
  headers_ = *headers;
  if (const StreamRecord* byArn = streams_.findByArn(headers_.stream)) headers_.stream = byArn->name;
  return {};
}

void PutMediaExchange::onBody(ByteView bytes, MonoTime arrival) {
  waitingSince_.reset();
  session_->take(bytes, arrival);
}

void PutMediaExchange::onEnd() {
  waitingSince_.reset();
  session_->takeEnd();
}

void PutMediaExchange::onClosed() {
  exchange_ = nullptr;
  waitingSince_.reset();
  lines_->forgetPull();
  if (!session_) return;
  if (!lines_->ended()) log::info("putMedia " + headers_.stream + ": the connection ended");
  session_->close();
}

// ---- from the session

void PutMediaExchange::accept(const Headers& headers) {
  if (exchange_ == nullptr) return;
  log::info("putMedia " + headers_.stream + " from " + exchange_->peer().name() + " -> 200 " +
            exchange_->requestId());
  Headers all{{"Content-Type", "application/json"}};
  all.insert(all.end(), headers.begin(), headers.end());
  exchange_->stream(200, all, std::make_unique<Lines::Source>(lines_));
}

void PutMediaExchange::refuse(const HttpReply& reply) {
  if (exchange_ == nullptr) return;
  log::info("putMedia " + head_.header("x-amzn-stream-name").value_or("") + " -> " +
            std::to_string(reply.status) + ' ' + exchange_->requestId() + ' ' + reply.body);
  lines_->end(BodySource::Next::broken);
  Exchange& exchange = *exchange_;  // a reply ends the handler's part, and this object may go with it
  exchange.reply(reply);
  exchange.wake();  // if the answer had begun already, all that is left is to end it
}

void PutMediaExchange::acknowledge(const Ack& ack) {
  if (headers_.acksRequired) write(toJson(ack) + "\r\n");
}

void PutMediaExchange::write(const std::string& text) {
  if (exchange_ == nullptr || lines_->ended()) return;
  lines_->add(text);
  exchange_->wake();
}

void PutMediaExchange::finish(Ending ending) {
  if (exchange_ == nullptr || lines_->ended()) return;
  if (ending == Ending::last) exchange_->departAfterAnswer(Departure::close);
  lines_->end(ending == Ending::cut ? BodySource::Next::broken : BodySource::Next::end);
  exchange_->wake();
}

void PutMediaExchange::pull(std::size_t most) {
  if (exchange_ == nullptr || lines_->ended()) return;
  lines_->whenRead([this, most] {
    waitingSince_ = Clock::mono();
    exchange_->pull(most);
  });
}

}  // namespace kvslocal
