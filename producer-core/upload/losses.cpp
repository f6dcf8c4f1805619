// SPDX-License-Identifier: Apache-2.0
#include "upload/losses.h"

namespace kvs::upload {

namespace {

FragmentLost::Reason reasonOf(store::LossReason reason) {
  switch (reason) {
    case store::LossReason::storageFull:
      return FragmentLost::Reason::storageFull;
    case store::LossReason::durationReached:
      return FragmentLost::Reason::bufferDuration;
    case store::LossReason::stopped:
      break;
  }
  return FragmentLost::Reason::stopped;
}

}  // namespace

FragmentLost lossOf(const store::Fragment& fragment, FragmentLost::Reason reason, bool unconfirmed) {
  FragmentLost lost;
  lost.reason = reason;
  lost.start = fragment.epoch->wallTime(fragment.firstTicks);
  lost.duration = fragment.duration;
  lost.bytes = fragment.bytes;
  lost.frames = fragment.frames;
  lost.unconfirmed = unconfirmed;
  return lost;
}

void noteLoss(stream::StreamBuffer& buffer, const store::Loss& loss) {
  const store::Fragment& fragment = loss.fragment;
  buffer.news.emplace_back(lossOf(fragment, reasonOf(loss.reason), loss.unconfirmed));
  ++buffer.stats.fragmentsLost;
  buffer.stats.framesLost += fragment.frames;
  lossCountOf(buffer.stats, loss.reason).add(fragment.frames, fragment.bytes);
}

LossCount& lossCountOf(StreamStats& stats, store::LossReason reason) {
  switch (reason) {
    case store::LossReason::storageFull:
      return stats.lostStorageFull;
    case store::LossReason::durationReached:
      return stats.lostBufferDuration;
    case store::LossReason::stopped:
      break;
  }
  return stats.lostStopped;
}

}  // namespace kvs::upload
