// SPDX-License-Identifier: Apache-2.0
#include "control_exchange.h"

#include "log.h"
#include "put_media.h"

namespace kvslocal {
namespace {

constexpr std::size_t maxBody = 1024 * 1024;

}  // namespace

void ControlExchange::start() {
  operation_ = head_.path().substr(1);
  if (const auto connection = connection_.lock()) connection->sendContinue(head_);
}

void ControlExchange::onBody(ByteView bytes, MonoTime) {
  if (closed_) return;
  body_.append(bytes.begin(), bytes.end());
  if (body_.size() > maxBody) reply(errorReply({"RequestEntityTooLargeException", "The body is over 1 MiB"}));
}

void ControlExchange::onEnd() {
  if (closed_) return;
  const auto refused = verifySignature(context_.verifier, head_, {sha256Hex(body_)}, context_.clock.wall());
  if (refused) return reply(errorReply(*refused));
  const std::string stream = ControlPlane::streamNameIn(body_);
  faults_.play(
      operation_, stream, shared_from_this(),
      [this, stream] {
        if (!closed_) answer(stream);
      },
      [this](const HttpReply& instead) { reply(instead); });
}

void ControlExchange::answer(const std::string& stream) {
  if (context_.options.quotas && !context_.calls.allow(operation_, stream, Clock::mono())) {
    return reply(
        errorReply({"ClientLimitExceededException", "Too many calls of " + operation_ + " a second"}));
  }
  auto made = context_.control->handle(operation_, body_, baseUrl(), context_.clock.wall());
  if (!made.change) return reply(made.reply);
  apply(*made.change, std::move(made.reply));
}

void ControlExchange::apply(const StreamChange& change, HttpReply made) {
  const bool deleted = change.kind == StreamChange::Kind::deleted;
  if (deleted) {
    const auto session = context_.sessions.find(change.record.name);
    const auto alive = session == context_.sessions.end() ? nullptr : session->second.lock();
    if (alive) alive->end(static_cast<std::uint32_t>(AckError::streamDeleted));
  }
  // Only the loop's thread may touch this object, or end it: the worker carries it to and fro and keeps
  // nothing.
  auto result = std::make_shared<Result<void>>();
  context_.disk->post(
      [record = change.record, deleted, result](Store& store) {
        *result = deleted ? store.deleteStream(record) : store.saveStream(record);
      },
      [self = shared_from_this(), made = std::move(made), result](bool committed) mutable {
        EventLoop& loop = self->context_.loop;
        loop.post([self = std::move(self), made = std::move(made), good = committed && result->has_value()] {
          self->reply(good ? made
                           : errorReply({"InternalFailure", "The change could not be written to disk"}));
        });
      });
}

void ControlExchange::reply(const HttpReply& reply) {
  const auto connection = connection_.lock();
  if (closed_ || !connection) return;
  if (log::verbose()) {
    log::info(operation_ + ' ' + ControlPlane::streamNameIn(body_) + " -> " + std::to_string(reply.status) +
              ' ' + connection->requestId() + (reply.status == 200 ? "" : ' ' + reply.body));
  }
  connection->reply(reply);
}

std::string ControlExchange::baseUrl() const {
  const auto host = head_.header("host");
  if (!host || host->empty()) return context_.baseUrl;
  return (context_.options.tls ? "https://" : "http://") + *host;
}

}  // namespace kvslocal
