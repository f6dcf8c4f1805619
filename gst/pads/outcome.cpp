// SPDX-License-Identifier: Apache-2.0
#include "pads/outcome.h"

#include <algorithm>
#include <string>

#include "report/errors.h"

namespace kvs::gst {

namespace {

constexpr const char* keyFrames =
    "let the encoder send key frames at least every few seconds (x264enc: key-int-max=60), and put a parser "
    "such as h264parse before kvssink";

struct Reason {
  std::uint64_t StreamStats::*count;
  const char* why;
  const char* remedy;
};

constexpr Reason reasons[] = {
    {&StreamStats::skippedBeforeKeyFrame, "no key frame came before them", keyFrames},
    {&StreamStats::skippedAfterGap, "none of their groups of pictures could be kept whole", keyFrames},
    {&StreamStats::skippedKeyFrameDistance,
     "their fragment reached the service's limits and no key frame came", keyFrames},
    {&StreamStats::skippedAfterEndOfFragment, "their fragment had ended and no key frame came", keyFrames},
    {&StreamStats::skippedInvalid, "their bytes are not what the caps say",
     "put a parser such as h264parse before kvssink, or correct the source's caps"},
    {&StreamStats::skippedNoRoom, "there was no room for them", "give it more storage (storage-size)"},
    {&StreamStats::skippedLate, "they came too late or too early for the other tracks",
     "see that all tracks have the same clock, or raise interleave-timeout"},
    {&StreamStats::skippedTrackAbsent, "their track had left the stream while it was silent",
     "use silent-track=fill, or raise interleave-timeout"},
};

std::string intro(std::uint64_t frames) {
  return frames == 1 ? "The only frame that came was not stored: "
                     : "None of the " + std::to_string(frames) + " frames that came was stored: ";
}

std::uint64_t skippedOf(const StreamStats& stats) {
  std::uint64_t sum = 0;
  for (const Reason& reason : reasons)
    sum += stats.*reason.count;
  return sum;
}

Error skippedAll(const StreamStats& stats) {
  const auto* most =
      std::ranges::max_element(reasons, {}, [&](const Reason& reason) { return stats.*reason.count; });
  return elementError(StatusCode::mkvInvalidFrameData,
                      intro(skippedOf(stats)) + most->why + ". To mend it, " + most->remedy + ".");
}

Error refusedAll(const StreamStats& stats, const RefusedFrames& refused) {
  const std::uint64_t frames =
      refused.count + skippedOf(stats) - std::min(refused.count, stats.skippedInvalid);
  return elementError(refused.last->code, intro(frames) + refused.last->message);
}

Error lostAll(const StreamStats& stats) {
  const bool known = stats.lastErrorCode != StatusCode::success;
  return elementError(
      known ? stats.lastErrorCode : StatusCode::storeOutOfMemory,
      intro(stats.framesLost) +
          (stats.lastError.empty() ? "every fragment was lost on the way." : stats.lastError));
}

}  // namespace

std::optional<Error> failureOf(const StreamStats& stats, const RefusedFrames& refused) {
  if (stats.framesPersisted > 0) return std::nullopt;
  if (stats.framesLost > 0) return lostAll(stats);
  if (stats.framesIn > 0) return std::nullopt;
  if (refused.last) return refusedAll(stats, refused);
  if (skippedOf(stats) > 0) return skippedAll(stats);
  return std::nullopt;
}

}  // namespace kvs::gst
