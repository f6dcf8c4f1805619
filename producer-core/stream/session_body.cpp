// SPDX-License-Identifier: Apache-2.0
#include "stream/session_body.h"

#include <algorithm>
#include <utility>

#include "mkv/cluster.h"
#include "mkv/tags.h"
#include "stream/fragmenter.h"

namespace kvs::stream {

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
    rendered_ = buffer_.headers[config_.header];
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
  if (finish_ == Finish::fragment) return Step::end;
  store::Fragment* fragment = buffer_.log.atCursor();
  const bool nothingMore = !fragment || fragment->id > lastFragment_;
  const bool bounded = finish_ == Finish::everything || finish_ == Finish::complete;
  if (bounded && nothingMore) return Step::end;
  if (!fragment || !fragment->isSendable()) return Step::wait;
  if (mustEndBefore(*fragment)) {
    headerChanged_ = true;
    return Step::end;
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

bool SessionBody::mustEndBefore(const store::Fragment& fragment) {
  const std::uint64_t timecode = timecodeOf(fragment, fragment.firstTicks);
  const bool otherStart = !config_.absoluteTimes && fragment.epoch != config_.epoch;
  // The service judges within one session that times rise (4004): a clock that was set back ends it.
  const bool stepsBack = greatest_ && timecode <= *greatest_;
  // It judges, too, how long after another a fragment begins; a session's last may be as short as it is.
  const bool tooSoon = started_ && timeOf(timecode) - timeOf(*started_) < shortestFragment;
  return fragment.header != config_.header || otherStart || stepsBack || tooSoon;
}

std::uint64_t SessionBody::timecodeOf(const store::Fragment& fragment, Ticks ticks) const {
  return buffer_.timeline.wireTimecode(fragment.epoch, ticks, config_.absoluteTimes);
}

Milliseconds SessionBody::timeOf(std::uint64_t timecode) const {
  return buffer_.timeline.scale() * static_cast<std::int64_t>(timecode);
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
  started_ = timecode;
  if (!config_.acknowledged && !sent_.empty()) observer_.onFragmentSent(sent_.back());
  sent_.push_back({fragment.id, timeOf(timecode), fragment.since, clock_.now(), {}});
  rendered_ = mkv::tags(fragment.headTags);
  const auto head = mkv::clusterHead(timecode);
  rendered_.insert(rendered_.end(), head.begin(), head.end());
  count(rendered_.size());
}

void SessionBody::leave(store::Fragment& fragment) {
  if (fragment.endTag) {
    rendered_ = mkv::endOfFragmentTags(fragment.tailTags);
    started_.reset();
    count(rendered_.size());
  }
  if (!sent_.empty() && sent_.back().id == fragment.id) sent_.back().left = clock_.now();
  buffer_.stats.framesSent += fragment.frames;
  greatest_ = timecodeOf(fragment, fragment.lastTicks);
  buffer_.log.leave();
}

}  // namespace kvs::stream
