// SPDX-License-Identifier: Apache-2.0
#include "service/control_exchange.h"

#include "base/digest.h"
#include "http/public_url.h"

namespace kvslocal {
namespace {

// Fifty tags of the longest, each character escaped as JSON may, are below that.
constexpr std::size_t mostBody = 256 * 1024;

std::optional<HttpReply> replyOf(const std::optional<ServiceError>& refused) {
  return refused ? std::optional(errorReply(*refused)) : std::nullopt;
}

}  // namespace

ControlExchange::ControlExchange(const ControlHost& host, HttpHead head, std::unique_ptr<CallGate> gate)
    : CallExchange(std::move(head), std::move(gate), mostBody), host_(host) {}

std::optional<HttpReply> ControlExchange::refuseHead() {
  return replyOf(verifyHead(host_.verifier, head(), host_.clock.wall()));
}

HttpReply ControlExchange::refuseSize() {
  return errorReply({"RequestEntityTooLargeException", "The body is over 256 KiB"});
}

std::optional<HttpReply> ControlExchange::refuseBody() {
  const auto refused = verifySignature(host_.verifier, head(), {sha256Hex(body())}, host_.clock.wall());
  if (!refused) exchange()->trust();
  return replyOf(refused);
}

std::string ControlExchange::operation() const {
  return head().path().substr(1);
}

std::string ControlExchange::stream() const {
  return ControlPlane::streamNameIn(body());
}

void ControlExchange::answer() {
  if (!ControlPlane::changes(operation())) return reply(ask().reply);
  // The next change of this stream begins when this one is settled: it must see it, or see it undone.
  const auto self = std::static_pointer_cast<ControlExchange>(shared_from_this());
  host_.changes.enter(stream(), [self, name = stream()] { self->change(name); });
}

ControlAnswer ControlExchange::ask() const {
  return host_.control.handle(operation(), body(), baseUrl(), host_.clock.wall());
}

void ControlExchange::change(const std::string& stream) {
  const auto made = ask();
  if (!made.change) {
    reply(made.reply);
    return host_.changes.leave(stream);
  }
  const auto self = std::static_pointer_cast<ControlExchange>(shared_from_this());
  const auto settled = [self, stream, made](bool onDisk) { self->settle(stream, made, onDisk); };
  if (made.change->kind == StreamChange::Kind::deleted) {
    host_.store.remove(made.change->record, settled);
  } else {
    host_.store.save(made.change->record, settled);
  }
}

void ControlExchange::settle(const std::string& stream, const ControlAnswer& made, bool onDisk) {
  if (onDisk) {
    host_.control.apply(*made.change);
    const auto session = host_.sessions.find(made.change->record.name);
    const bool deleted = made.change->kind == StreamChange::Kind::deleted;
    if (deleted && session) session->fail({static_cast<std::uint32_t>(AckError::streamDeleted), {}, true});
  }
  reply(onDisk ? made.reply : errorReply({"InternalFailure", "The change could not be written to disk"}));
  host_.changes.leave(stream);
}

std::string ControlExchange::baseUrl() const {
  if (!host_.publicUrl.empty() || exchange() == nullptr) return host_.publicUrl;
  return reachedUrl(host_.tls, head().header("host"), exchange()->peer().local());
}

}  // namespace kvslocal
