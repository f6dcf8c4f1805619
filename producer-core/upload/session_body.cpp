// SPDX-License-Identifier: Apache-2.0
#include "upload/session_body.h"

#include <algorithm>
#include <utility>

#include "mkv/cluster.h"
#include "mkv/tags.h"

namespace kvs::upload {

net::BodyRead SessionBody::read(std::span<std::byte> room) {
  using Give = net::BodyRead::State;
  std::size_t filled = 0;
  const auto put = [&](ByteView bytes) {
    std::memcpy(room.data() + filled, bytes.data(), bytes.size());
    filled += bytes.size();
  };
  Give state = Give::data;
  while (filled < room.size()) {
    if (renderedOffset_ < rendered_.size()) {
      const std::size_t count = std::min(room.size() - filled, rendered_.size() - renderedOffset_);
      put(ByteView(rendered_).subspan(renderedOffset_, count));
      renderedOffset_ += count;
      continue;
    }
    store::Span block;
    const Step step = next(room.size() - filled, block);
    if (step == Step::block) put(block.view());
    if (step == Step::wait || step == Step::end) {
      state = step == Step::wait ? Give::wait : Give::end;
      break;
    }
  }
  if (filled > 0 && config_.tap) config_.tap->taken(room.first(filled));
  if (filled > 0) return {Give::data, filled};
  if (state == Give::end && !std::exchange(ended_, true)) observer_.onBodyEnd(headerChanged_);
  return {state, 0};
}

void SessionBody::finish(Finish how) {
  const std::lock_guard lock(buffer_.mutex);
  finish_ = how;
  const auto& fragments = buffer_.log.fragments();
  lastFragment_ = fragments.empty() ? 0 : fragments.back().id;
  const store::Fragment* growing = buffer_.log.growing();
  // Where there is nothing else, the one that grows is seen to its end.
  if (how == Finish::complete && growing && buffer_.log.atCursor() != growing) --lastFragment_;
}

void SessionBody::accepted() {
  const std::lock_guard lock(buffer_.mutex);
  accepted_ = true;
  for (const store::SharedEpoch& epoch : std::exchange(shown_, {}))
    epoch->freeze();
}

/// Times are settled by their first head in a session that the service accepts: one that it refuses for the
/// sake of a wrong clock has begun to send, too.
void SessionBody::show(const store::SharedEpoch& epoch) {
  if (accepted_) return epoch->freeze();
  if (shown_.empty() || shown_.back() != epoch) shown_.push_back(epoch);
}

bool SessionBody::isEnding() {
  const std::lock_guard lock(buffer_.mutex);
  return ending_ || (!buffer_.log.cursor().inside && endsHere());
}

void SessionBody::settle(store::FragmentId id) {
  std::erase_if(sent_, [id](const SentFragment& sent) { return sent.id == id; });
}

SessionBody::Step SessionBody::next(std::size_t room, store::Span& block) {
  const std::lock_guard lock(buffer_.mutex);
  rendered_.clear();
  renderedOffset_ = 0;
  if (ended_) return Step::end;
  if (!headerSent_) {
    headerSent_ = true;
    rendered_ = config_.header->bytes;
    count(rendered_.size());
    return Step::rendered;
  }
  if (!buffer_.log.cursor().inside) return atBoundary();
  block = buffer_.log.read(room);
  if (block.size > 0) {
    count(block.size);
    return Step::block;
  }
  if (!buffer_.log.atEndOfFragment()) return Step::wait;
  leave(*buffer_.log.atCursor());
  return Step::rendered;
}

SessionBody::Step SessionBody::atBoundary() {
  const store::Fragment* before = unclosed_ ? buffer_.log.find(*unclosed_) : nullptr;
  if (before && before->endTag) return closeFragment();  // the mark may come behind the last block's reading
  if (ending_ || endsHere()) return end();
  store::Fragment* fragment = buffer_.log.atCursor();
  if (!fragment || !fragment->isSendable()) return Step::wait;
  if (mustEndBefore(*fragment)) {
    headerChanged_ = true;
    return end();
  }
  const TimePoint now = clock_.now();
  if (!pacer_.mayEnter(now)) {
    observer_.onPaced(pacer_.nextAt());
    return Step::wait;
  }
  pacer_.entered(now);
  enter(*fragment);
  return Step::rendered;
}

/// Asked to end, and there is nothing more for this session behind the fragment that was left.
bool SessionBody::endsHere() {
  if (finish_ == Finish::no || finish_ == Finish::fragment) return finish_ == Finish::fragment;
  const store::Fragment* next = buffer_.log.atCursor();
  return !next || next->id > lastFragment_;
}

/// A Cluster of unknown size is closed by the next one. Behind a session's last there is none, so the mark
/// closes it: a service that keeps only what was closed would lose it.
SessionBody::Step SessionBody::end() {
  ending_ = true;
  return unclosed_ ? closeFragment() : Step::end;
}

SessionBody::Step SessionBody::closeFragment() {
  store::Fragment* fragment = buffer_.log.find(*std::exchange(unclosed_, std::nullopt));
  rendered_ = mkv::endOfFragmentTags(fragment ? fragment->tailTags : std::vector<TagGroup>{});
  if (fragment) fragment->closed = true;
  started_.reset();
  count(rendered_.size());
  return Step::rendered;
}

bool SessionBody::mustEndBefore(const store::Fragment& fragment) {
  const std::uint64_t timecode = timecodeOf(fragment, fragment.firstTicks);
  const bool otherStart = !config_.absoluteTimes && !isSame(fragment.epoch, config_.epoch);
  // The service judges within one session that times rise (4004): a clock that was set back ends it.
  const bool stepsBack = greatest_ && timecode <= *greatest_;
  // It judges, too, how long after another a fragment begins; a session's last may be as short as it is.
  const bool tooSoon = started_ && timeOf(timecode) - timeOf(*started_) < store::shortestFragment;
  return !isSame(fragment.header, config_.header) || otherStart || stepsBack || tooSoon;
}

std::uint64_t SessionBody::timecodeOf(const store::Fragment& fragment, store::Ticks ticks) const {
  return fragment.epoch->wireTimecode(ticks, config_.absoluteTimes);
}

Milliseconds SessionBody::timeOf(std::uint64_t timecode) const {
  return config_.epoch->tie().scale * static_cast<std::int64_t>(timecode);
}

/// What the transport takes now, or next.
void SessionBody::count(std::size_t bytes) {
  buffer_.stats.bytesSent += bytes;
  buffer_.transferRate.note(clock_.now(), buffer_.stats.bytesSent);
}

void SessionBody::enter(store::Fragment& fragment) {
  buffer_.log.enter();
  ++buffer_.stats.fragmentsSent;
  const std::uint64_t timecode = timecodeOf(fragment, fragment.firstTicks);
  show(fragment.epoch);
  started_ = timecode;
  unclosed_.reset();  // by this Cluster
  if (!config_.acknowledged && !sent_.empty()) observer_.onFragmentSent(sent_.back());
  sent_.push_back({fragment.id, timeOf(timecode), fragment.since, clock_.now(), {}});
  rendered_ = mkv::tags(fragment.headTags);
  const auto head = mkv::clusterHead(timecode);
  rendered_.insert(rendered_.end(), head.begin(), head.end());
  count(rendered_.size());
}

void SessionBody::leave(store::Fragment& fragment) {
  unclosed_ = fragment.id;
  if (!sent_.empty() && sent_.back().id == fragment.id) sent_.back().left = clock_.now();
  buffer_.stats.framesSent += fragment.frames;
  greatest_ = timecodeOf(fragment, fragment.lastTicks);
  buffer_.log.leave();
}

}  // namespace kvs::upload
