// SPDX-License-Identifier: Apache-2.0
#include "faults/faulty_media.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds faultTick{20};
constexpr milliseconds stallTick{500};

milliseconds since(MonoTime then, MonoTime now) {
  return std::chrono::duration_cast<milliseconds>(now - then);
}

HttpReply statusReply(const FaultAction& action) {
  HttpReply reply = errorReply({action.error, action.message}, action.status);
  reply.headers.insert(reply.headers.end(), action.headers.begin(), action.headers.end());
  return reply;
}

}  // namespace

FaultyMedia::FaultyMedia(EventLoop& loop, const Clock& clock, Exchange& exchange, MediaAnswer& outer,
                         std::string stream, std::vector<Fault> faults)
    : MediaFilter(outer),
      clock_(clock),
      exchange_(exchange),
      stream_(std::move(stream)),
      faults_(std::move(faults)),
      tick_(loop.makeTimer()),
      pause_(loop.makeTimer()) {
  seen_.began = seen_.lastByte = Clock::mono();
  for (const auto& fault : faults_) {
    if (fault.action.kind == FaultKind::date) dateOffset_ = fault.action.dateOffset;
  }
}

FaultProgress FaultyMedia::Seen::progress(MonoTime now) const {
  return {bytes, fragments, since(began, now), since(lastByte, now)};
}

// ---- from the client

/// The first fault that comes before the answer's head decides how the session begins.
void FaultyMedia::begin() {
  const auto first = std::find_if(faults_.begin(), faults_.end(), [](const Fault& fault) {
    return fault.action.kind == FaultKind::status || fault.action.kind == FaultKind::delay;
  });
  if (first == faults_.end()) return beginInner();
  if (first->action.kind == FaultKind::delay) {
    const milliseconds delay = first->action.duration;
    std::erase_if(faults_, [](const Fault& fault) { return fault.action.kind == FaultKind::delay; });
    return after(*pause_, delay, &FaultyMedia::beginInner);
  }
  if (first->trigger.immediate()) return actOn(FaultAction(first->action));
  phase_ = Phase::withheld;
  tick();
  outer().pull(Exchange::anySize);
}

void FaultyMedia::beginInner() {
  inner().begin();
  if (phase_ != Phase::streaming) return;
  tick();
  checkFaults();
}

/// A fault that waits for a number of fragments strikes in the one behind the last of them, however much the
/// network has brought at once.
void FaultyMedia::take(ByteView bytes, MonoTime arrival) {
  constexpr std::size_t step = 256;
  seen_.lastByte = arrival;
  seen_.bytes += bytes.size();
  if (reading_.slow) reading_.slow->draw(static_cast<double>(bytes.size()), Clock::mono());
  reading_.taking = true;
  while (!bytes.empty() && phase_ == Phase::streaming) {
    const ByteView piece = bytes.first(faults_.empty() ? bytes.size() : std::min(bytes.size(), step));
    inner().take(piece, arrival);
    bytes = bytes.subspan(piece.size());
    if (!bytes.empty() && seen_.insideFragment) checkFaults();
  }
  reading_.taking = false;
  checkFaults();
  if (phase_ == Phase::withheld) outer().pull(Exchange::anySize);
  if (!reading_.paused) passPull();
}

void FaultyMedia::takeEnd() {
  if (phase_ == Phase::streaming) inner().takeEnd();
  checkFaults();
}

void FaultyMedia::close() {
  phase_ = Phase::over;
  tick_->cancel();
  pause_->cancel();
  inner().close();
}

// ---- from the session

void FaultyMedia::accept(const Headers& headers) {
  phase_ = Phase::streaming;
  Headers dated = headers;
  addDate(dated, clock_.wall(), dateOffset_);
  outer().accept(dated);
}

void FaultyMedia::refuse(const HttpReply& reply) {
  HttpReply dated = reply;
  addDate(dated.headers, clock_.wall(), dateOffset_);
  outer().refuse(dated);
}

void FaultyMedia::acknowledge(const Ack& ack) {
  if (ack.event == AckEvent::received) ++seen_.fragments;
  if (ack.event == AckEvent::buffering || ack.event == AckEvent::received)
    seen_.insideFragment = ack.event == AckEvent::buffering;
  // An ERROR is the last word: what was held back comes before it.
  if (ack.event == AckEvent::error) {
    for (const Ack& late : ackFaults_.rest())
      outer().acknowledge(late);
  }
  for (const Ack& one : ackFaults_.pass(ack))
    outer().acknowledge(one);
}

void FaultyMedia::finish(Ending ending) {
  for (const Ack& late : ackFaults_.rest())
    outer().acknowledge(late);
  outer().finish(ending);
}

void FaultyMedia::pull(std::size_t most) {
  reading_.wanted = most;
  if (!reading_.paused && !reading_.taking) passPull();
}

/// Nobody is waited for while nothing is read, though a piece may have been asked for before.
std::optional<MonoTime> FaultyMedia::waitingSince() const {
  const auto since = MediaFilter::waitingSince();
  if (!since || reading_.paused) return std::nullopt;
  return std::max(*since, reading_.resumed);
}

// ---- faults that are due

void FaultyMedia::checkFaults() {
  if (phase_ == Phase::starting) return;
  for (std::size_t i = 0; i < faults_.size() && phase_ != Phase::over;) {
    if (!isDue(faults_[i].trigger, seen_.progress(Clock::mono()))) {
      ++i;
      continue;
    }
    const FaultAction action = faults_[i].action;
    faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
    log::info("putMedia " + stream_ + ": a fault of the file is due");
    actOn(action);
  }
}

void FaultyMedia::actOn(const FaultAction& action) {
  switch (action.kind) {
    case FaultKind::status:
      return refuse(statusReply(action));
    case FaultKind::reset:
      return exchange_.depart(Departure::reset);
    case FaultKind::fin:
      return end(Ending::cut);
    case FaultKind::endBody:
      exchange_.departAfterAnswer(action.reading ? Departure::hold : Departure::freeze);
      return end(Ending::whole);
    case FaultKind::noAcks:
      return ackFaults_.silence();
    case FaultKind::repeatAcks:
      return ackFaults_.repeat(action.times);
    case FaultKind::swapAcks:
      return ackFaults_.swap();
    case FaultKind::strayAck:
      return outer().write(toJson(ackFaults_.stray(action.duration)) + "\r\n");
    case FaultKind::oversized:
      return outer().write(oversizedAck(action.bytes) + "\r\n");
    case FaultKind::cutShort:
      outer().write(toJson(ackFaults_.stray({})).substr(0, action.bytes));
      return end(Ending::cut);
    case FaultKind::slowRead:
      return readSlowly(action.bytesPerSecond);
    case FaultKind::stall:
      return stall(action.duration);
    case FaultKind::error:
      return inner().fail({action.errorId, action.errorCode, action.named});
    case FaultKind::malformedAck:
      return outer().write(action.text);
    default:
      return;  // the others were met before the session, or are met by other requests
  }
}

/// The answer ends here; the session sees a connection that broke.
void FaultyMedia::end(Ending ending) {
  if (phase_ == Phase::withheld) return exchange_.depart(Departure::close);  // no answer is there to end
  outer().finish(ending);
  close();
}

void FaultyMedia::stall(milliseconds duration) {
  reading_.paused = true;
  reading_.stalled = duration.count() == 0;
  if (!reading_.stalled) return after(*pause_, duration, &FaultyMedia::passPull);
  pause_->cancel();
  inner().leaveStream();  // as a service would that lost the session: the producer may open another
  tick();
}

void FaultyMedia::readSlowly(std::uint64_t bytesPerSecond) {
  constexpr std::size_t least = 16;
  reading_.slow.emplace(static_cast<double>(bytesPerSecond), 0.0);
  reading_.mostAtOnce = std::max<std::size_t>(bytesPerSecond / 10, least);
}

/// What the session asks for, now or when it may be read.
void FaultyMedia::passPull() {
  if (std::exchange(reading_.paused, false)) reading_.resumed = Clock::mono();
  if (!reading_.wanted || phase_ != Phase::streaming) return;
  if (reading_.slow) {
    reading_.slow->draw(0.0, Clock::mono());
    reading_.paused = reading_.slow->untilPaid().count() > 0;
    if (reading_.paused) return after(*pause_, reading_.slow->untilPaid(), &FaultyMedia::passPull);
  }
  outer().pull(std::min(*std::exchange(reading_.wanted, std::nullopt), reading_.mostAtOnce));
}

// ---- time

void FaultyMedia::tick() {
  if (phase_ == Phase::over) return;
  if (reading_.stalled && exchange_.peer().hasClosed()) return exchange_.depart(Departure::reset);
  checkFaults();
  if (phase_ != Phase::over && (timed() || reading_.stalled))
    after(*tick_, timed() ? faultTick : stallTick, &FaultyMedia::tick);
}

bool FaultyMedia::timed() const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [](const Fault& fault) { return fault.trigger.timed(); });
}

void FaultyMedia::after(Timer& timer, milliseconds delay, void (FaultyMedia::*due)()) {
  timer.start(delay, [weak = weak_from_this(), due] {
    if (const auto self = weak.lock()) (self.get()->*due)();
  });
}

}  // namespace kvslocal
