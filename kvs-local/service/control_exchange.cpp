// SPDX-License-Identifier: Apache-2.0
#include "service/control_exchange.h"

#include "base/digest.h"
#include "base/log.h"
#include "http/public_url.h"
#include "service/put_media.h"

namespace kvslocal {
namespace {

// Fifty tags of the longest, each character escaped as JSON may, are below that.
constexpr std::size_t maxBody = 256 * 1024;

}  // namespace

void ControlExchange::start() {
  operation_ = head_.path().substr(1);
  refused_ = verifyHead(context_.verifier, head_, context_.clock.wall());
  if (const auto connection = connection_.lock()) connection->sendContinue(head_);
}

void ControlExchange::onBody(ByteView bytes, MonoTime) {
  if (closed_ || refused_) return;
  if (body_.size() + bytes.size() > maxBody)
    return reply(errorReply({"RequestEntityTooLargeException", "The body is over 256 KiB"}));
  body_.append(bytes.begin(), bytes.end());
}

void ControlExchange::onEnd() {
  if (closed_) return;
  if (!refused_)
    refused_ = verifySignature(context_.verifier, head_, {sha256Hex(body_)}, context_.clock.wall());
  if (refused_) return reply(errorReply(*refused_));
  if (const auto connection = connection_.lock()) connection->trust();
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
  if (!ControlPlane::changes(operation_)) return reply(ask().reply);
  // The next change of this stream begins when this one is settled: it must see it, or see it undone.
  context_.changes.enter(stream, [self = shared_from_this(), stream] { self->change(stream); });
}

ControlAnswer ControlExchange::ask() const {
  return context_.control->handle(operation_, body_, baseUrl(), context_.clock.wall());
}

void ControlExchange::change(const std::string& stream) {
  auto made = ask();
  if (!made.change) {
    reply(made.reply);
    return context_.changes.leave(stream);
  }
  // Only the loop's thread may touch this object, or end it: the worker carries it to and fro and keeps
  // nothing.
  auto result = std::make_shared<Result<void>>();
  const StreamChange change = *made.change;
  context_.disk->post(
      [change, result](Store& store) {
        const bool deleted = change.kind == StreamChange::Kind::deleted;
        *result = deleted ? store.deleteStream(change.record) : store.saveStream(change.record);
        if (!*result) log::warn("a change of " + change.record.name + " is not on disk: " + result->error());
      },
      [self = shared_from_this(), stream, made = std::move(made), result](bool committed) mutable {
        EventLoop& loop = self->context_.loop;
        loop.post([self = std::move(self), stream, made = std::move(made),
                   onDisk = committed && result->has_value()] { self->settle(stream, made, onDisk); });
      });
}

void ControlExchange::settle(const std::string& stream, const ControlAnswer& made, bool onDisk) {
  if (onDisk) {
    context_.control->apply(*made.change);
    const auto session = context_.sessions.find(made.change->record.name);
    const auto alive = session == context_.sessions.end() ? nullptr : session->second.lock();
    const bool deleted = made.change->kind == StreamChange::Kind::deleted;
    if (deleted && alive) alive->end(static_cast<std::uint32_t>(AckError::streamDeleted));
  }
  reply(onDisk ? made.reply : errorReply({"InternalFailure", "The change could not be written to disk"}));
  context_.changes.leave(stream);
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
  const ServeOptions& options = context_.options;
  const auto connection = connection_.lock();
  if (!options.publicUrl.empty() || !connection) return options.publicUrl;
  return reachedUrl(options.tls, head_.header("host"), connection->local());
}

}  // namespace kvslocal
