// SPDX-License-Identifier: Apache-2.0
#include "store/stream_store.h"

#include <utility>

#include "store/log_feed.h"

namespace kvs::store {

namespace {

FragmentLost lostOf(const Fragment& fragment, FragmentLost::Reason reason, bool unconfirmed) {
  return {reason,
          fragment.epoch->wallTime(fragment.firstTicks),
          fragment.duration,
          fragment.bytes,
          fragment.frames,
          unconfirmed};
}

FragmentLost::Reason reasonOf(LossReason reason) {
  switch (reason) {
    case LossReason::storageFull:
      return FragmentLost::Reason::storageFull;
    case LossReason::durationReached:
      return FragmentLost::Reason::bufferDuration;
    case LossReason::stopped:
      break;
  }
  return FragmentLost::Reason::stopped;
}

}  // namespace

StreamStore::StreamStore(LogLimits limits, ChunkPool& pool, const MakeFeed& makeFeed)
    : log_(std::move(limits), pool, onLost()),
      feed_(makeFeed ? makeFeed(log_, onLost()) : std::make_unique<LogFeed>(log_)) {}

FragmentLog::OnLost StreamStore::onLost() {
  return [this](const Loss& loss) {
    mutex_.assertHeld();
    noteLoss(loss);
  };
}

void StreamStore::noteLoss(const Loss& loss) {
  const Fragment& fragment = loss.fragment;
  losses_.push_back(lostOf(fragment, reasonOf(loss.reason), loss.unconfirmed));
  ++counts_.fragmentsLost;
  counts_.framesLost += fragment.frames;
  countOf(loss.reason).add(fragment.frames, fragment.bytes);
}

LossCount& StreamStore::countOf(LossReason reason) {
  switch (reason) {
    case LossReason::storageFull:
      return counts_.lostStorageFull;
    case LossReason::durationReached:
      return counts_.lostBufferDuration;
    case LossReason::stopped:
      break;
  }
  return counts_.lostStopped;
}

void StreamStore::markReceived(FragmentId id) {
  if (FragmentLog* log = feed_->logOf(id)) log->markReceived(id);
}

void StreamStore::markPersisted(FragmentId id) {
  FragmentLog* log = feed_->logOf(id);
  if (!log) return;
  const FragmentRecord before = *log->find(id);
  if (!log->markPersisted(id)) return;
  const Amount amount = before.total();
  if (before.state == FragmentState::lost) {  // given up unconfirmed, and confirmed after all
    --counts_.fragmentsLost;
    counts_.framesLost -= amount.frames;
    countOf(before.lostFor).takeBack(amount.frames, amount.bytes);
  }
  counts_.framesPersisted += amount.frames;
  counts_.bytesPersisted += amount.bytes;
  changed();
}

std::optional<FragmentLost> StreamStore::refuse(std::optional<FragmentId> id) {
  const FragmentRecord* record = id ? feed_->find(*id) : feed_->oldest();
  if (!record || !record->content) return std::nullopt;
  // It may have arrived before, and its acknowledgement not; or now, where the service named none.
  const bool unconfirmed = record->mayBeStored || (!id && record->isSent());
  const FragmentLost lost = lostOf(*record->content, FragmentLost::Reason::refused, unconfirmed);
  if (!feed_->logOf(record->id)->markRefused(record->id)) return std::nullopt;
  ++counts_.fragmentsRefused;
  counts_.framesLost += lost.frames;
  counts_.lostRefused.add(lost.frames, lost.bytes);
  losses_.push_back(lost);
  return lost;
}

void StreamStore::strip(std::optional<FragmentId> id) {
  FragmentRecord* record = id ? feed_->find(*id) : feed_->oldest();
  if (record) record->stripped = true;
}

void StreamStore::rewind(bool isConfirmed, Nanoseconds replay) {
  for (FragmentLog* log : feed_->logs()) {
    if (isConfirmed) log->forgetKept();
  }
  const auto replayed = feed_->rewind(replay);
  counts_.framesPersisted -= replayed.frames;
  counts_.bytesPersisted -= replayed.bytes;
  counts_.fragmentsReplayed += replayed.fragments;
  changed();
}

void StreamStore::drop() {
  feed_->rewind();
  for (FragmentLog* log : feed_->logs()) {
    log->seal();
    log->dropAll(LossReason::stopped);
    log->forgetKept();
  }
  changed();
}

void StreamStore::correct(Nanoseconds moved, Epoch::Correct which) {
  for (FragmentLog* log : feed_->logs())
    log->correct(moved, which);
}

std::vector<FragmentLost> StreamStore::takeLosses() {
  return std::exchange(losses_, {});
}

StoreCounts StreamStore::counts() const {
  StoreCounts counts = counts_;
  const LogTotals held = feed_->totals();
  counts.bytesBuffered = held.bytes;
  counts.durationBuffered = held.duration;
  const LogTotals unsent = feed_->unsent();
  counts.bytesUnsent = unsent.bytes;
  counts.durationUnsent = unsent.duration;
  if (const FragmentRecord* oldest = feed_->oldest()) {
    counts.bufferedSince = oldest->content->epoch->wallTime(oldest->content->firstTicks);
  }
  return counts;
}

void StreamStore::end(Error why) {
  if (!ended_) ended_ = std::move(why);
  changed();
}

}  // namespace kvs::store
