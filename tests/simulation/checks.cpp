// SPDX-License-Identifier: Apache-2.0
#include "checks.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace kvs::sim {

namespace {

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

std::int64_t ms(WallTime time) {
  return std::chrono::floor<Milliseconds>(time.time_since_epoch()).count();
}

bool isSound(std::uint64_t number) {
  return number >= test::firstAudioNumber;
}

using ByTime = std::multimap<std::int64_t, const AcceptedFrame*>;

ByTime pictures(const Source& source) {
  ByTime all;
  for (const AcceptedFrame& frame : source.accepted()) {
    if (!isSound(frame.number)) all.emplace_hint(all.end(), frame.wallMs, &frame);
  }
  return all;
}

/// The pictures of a lost fragment, by its time range.
std::vector<const AcceptedFrame*> framesOf(const FragmentLost& lost, const Source& source,
                                           const ByTime& all) {
  const std::int64_t start = ms(lost.start);
  // Half a frame less, since times are rounded; a sound may last into the pictures of the next fragment.
  const Nanoseconds doubtful = source.hasAudio() ? Source::audioInterval : source.frameDuration() / 2;
  const std::int64_t end = ms(lost.start + lost.duration - doubtful);
  // A wall clock that was set back passes the same times again: an epoch tells them apart.
  std::map<unsigned, std::vector<const AcceptedFrame*>> byEpoch;
  for (auto at = all.lower_bound(start); at != all.end() && at->first <= end; ++at)
    byEpoch[at->second->epoch].push_back(at->second);
  if (byEpoch.empty()) return {};
  const auto fits =
      std::ranges::find_if(byEpoch, [&](const auto& epoch) { return epoch.second.size() == lost.frames; });
  return fits == byEpoch.end() ? byEpoch.begin()->second : fits->second;
}

/// Frames near a fragment's ends may stand on either side of them, since two tracks bound it.
bool isNearALoss(const AcceptedFrame& frame, const Witness& witness) {
  return std::ranges::any_of(witness.byTheRightTime(), [&](const FragmentLost& lost) {
    const std::int64_t start = ms(lost.start);
    return frame.wallMs >= start - 1000 && frame.wallMs <= start + ms(WallTime(lost.duration)) + 1000;
  });
}

void judgeOrder(const test::FakeService& service, std::vector<std::string>& broken) {
  std::set<std::uint64_t> met;
  std::int64_t newest = -1;
  for (const test::StoredFragment& fragment : service.stored()) {
    auto frames = fragment.frames;
    const auto sounds = std::ranges::stable_partition(frames, std::not_fn(isSound));
    if (!std::is_sorted(frames.begin(), sounds.begin()) || !std::ranges::is_sorted(sounds))
      broken.push_back("frames out of order in the fragment at " + std::to_string(fragment.timecodeMs) +
                       " ms, from " + text(fragment.frames.front()));
    if (fragment.frames.empty()) continue;
    const auto first = static_cast<std::int64_t>(fragment.frames.front());
    if (met.contains(fragment.frames.front())) continue;
    // What comes for the first time comes in order, but behind a hole that the service made.
    newest = std::max(newest, first);
    met.insert(fragment.frames.begin(), fragment.frames.end());
  }
}

}  // namespace

void judgeFrames(const Source& source, const Witness& witness, const test::FakeService& service,
                 const StreamStats& stats, std::vector<std::string>& broken) {
  std::set<std::uint64_t> stored;
  for (const test::StoredFragment& fragment : service.stored())
    stored.insert(fragment.frames.begin(), fragment.frames.end());
  judgeOrder(service, broken);

  std::set<std::uint64_t> reported;
  const ByTime all = pictures(source);
  for (const FragmentLost& lost : witness.byTheRightTime()) {
    const auto frames = framesOf(lost, source, all);
    const bool fits = source.hasAudio() ? frames.size() <= lost.frames : frames.size() == lost.frames;
    if (source.knowsTimes() && !fits) {
      broken.push_back("a loss of " + text(lost.frames) + " frames from " + std::to_string(ms(lost.start)) +
                       " covers " + text(frames.size()));
    }
    for (const AcceptedFrame* frame : frames) {
      reported.insert(frame->number);
      if (source.knowsTimes() && !source.hasAudio() && !lost.unconfirmed && stored.contains(frame->number))
        broken.push_back("frame " + text(frame->number) + " was told as lost for certain, and is stored");
    }
  }
  // With two tracks a frame waits for the other; one that then finds no place is counted and told as a run of
  // dropped frames, and that it was this one nobody says.
  const std::uint64_t skippedLater = source.accepted().size() - stats.framesIn;
  std::vector<std::uint64_t> missing;
  for (const AcceptedFrame& frame : source.accepted()) {
    if (stored.contains(frame.number) || reported.contains(frame.number)) continue;
    if (source.hasAudio() && isNearALoss(frame, witness)) continue;
    missing.push_back(frame.number);
  }
  if (source.knowsTimes() && missing.size() > skippedLater) {
    broken.push_back(text(missing.size()) + " frames are neither stored nor reported lost, the first is " +
                     text(missing.front()));
  }
  std::uint64_t lost = 0;
  for (const FragmentLost& one : witness.losses)
    lost += one.frames;
  const auto arrived = std::ranges::count_if(
      source.accepted(), [&](const AcceptedFrame& frame) { return stored.contains(frame.number); });
  if (source.accepted().size() > static_cast<std::size_t>(arrived) + lost + skippedLater)
    broken.push_back("more frames are missing than losses were told");
  std::set<std::uint64_t> accepted;
  for (const AcceptedFrame& frame : source.accepted())
    accepted.insert(frame.number);
  for (const std::uint64_t number : stored) {
    if (!accepted.contains(number))
      broken.push_back("frame " + text(number) + " is stored and was never accepted");
  }
}

void judgeStats(const Source& source, const Witness& witness, const test::FakeService& service,
                const StreamStats& stats, std::vector<std::string>& broken) {
  const auto equal = [&](const char* what, std::uint64_t a, std::uint64_t b) {
    if (a != b) broken.push_back(std::string(what) + ": " + text(a) + " and " + text(b));
  };
  if (!source.hasAudio()) {
    equal("framesIn and frames accepted", stats.framesIn, source.accepted().size());
    equal("skippedNoRoom", stats.skippedNoRoom, source.count(FrameFate::noRoom));
    equal("skippedAfterGap", stats.skippedAfterGap, source.count(FrameFate::afterGap));
    equal("skippedBeforeKeyFrame", stats.skippedBeforeKeyFrame, source.count(FrameFate::beforeFirstKeyFrame));
  }
  equal("framesIn, framesFilled and persisted + lost", stats.framesIn + stats.framesFilled,
        stats.framesPersisted + stats.framesLost);
  equal("bytesBuffered at the end", stats.bytesBuffered, 0);
  // What was given up unconfirmed counts as persisted when its word still comes.
  const auto unconfirmed =
      static_cast<std::uint64_t>(std::ranges::count_if(witness.losses, &FragmentLost::unconfirmed));
  const std::uint64_t counted = stats.fragmentsLost + stats.fragmentsRefused;
  if (counted > witness.losses.size() || counted + unconfirmed < witness.losses.size()) {
    broken.push_back("losses told " + text(witness.losses.size()) + ", of them unconfirmed " +
                     text(unconfirmed) + ", counted " + text(counted));
  }
  equal("offered and accounted for", source.offered(),
        stats.framesIn + stats.skippedNoRoom + stats.skippedAfterGap + stats.skippedBeforeKeyFrame +
            stats.skippedInvalid + stats.skippedLate + stats.skippedTrackAbsent +
            stats.skippedKeyFrameDistance + stats.skippedAfterEndOfFragment);
  if (service.persistedSentAgain() > 0 && stats.fragmentsReplayed == 0)
    broken.push_back(text(service.persistedSentAgain()) + " persisted fragments were sent again");
  std::set<std::uint64_t> told;
  for (const test::StoredFragment& fragment : service.stored()) {
    if (fragment.told) told.insert(fragment.frames.begin(), fragment.frames.end());
  }
  if (stats.framesPersisted < told.size() && stats.framesLost == 0) {
    broken.push_back("fewer frames counted as persisted than were told");
  }
}

}  // namespace kvs::sim
