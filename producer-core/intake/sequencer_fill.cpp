// SPDX-License-Identifier: Apache-2.0
// What stands for a track that gives nothing: silence, the last sample again, or a header without it.
#include "intake/sequencer.h"

namespace kvs::intake {

/// Behind the lead by one timeout, so that a track that comes back late is not talked over.
void Sequencer::fillSilent(Ticks reached) {
  const Nanoseconds until = state_.timeline.timeOf(reached) - config_.interleaver.timeout;
  for (auto& [number, line] : lines_) {
    if (line.silence && !line.isData() && interleaver_.isSilent(number)) fillUpTo(line, until);
  }
}

void Sequencer::fillUpTo(Line& line, Nanoseconds until) {
  const store::GrowingFragment* fragment = open();
  if (!fragment || (fragment->wanted & line.bit()) == 0) return;
  const Nanoseconds start = state_.timeline.timeOf(fragment->firstTicks);
  Nanoseconds from = std::max(line.filledTo.value_or(start), start);
  const std::uint64_t size = mkv::simpleBlockHeadSize + line.silence->payload.size();
  while (from + line.silence->duration <= until &&
         fragment->bytes + size <= fragmenter_.config().maximumBytes) {
    if (!fill(line, state_.timeline.ticksOf(from), standIn(line))) return;
    from += line.silence->duration;
    line.filledTo = from;
  }
}

/// At least one block of the track, or the service refuses the fragment (4011).
void Sequencer::ensurePresent(Line& line) {
  store::GrowingFragment* fragment = open();
  if (!fragment || (fragment->tracks & line.bit()) != 0) return;
  const auto made = fragment->standIns.find(line.number());
  if (made != fragment->standIns.end()) {
    fill(line, fragment->firstTicks, std::move(made->second));
  } else if (line.isFillable()) {
    fill(line, fragment->firstTicks, standIn(line));
  }
}

/// While there is room for it: the reader may be in the fragment by the time that it is needed, and its
/// header is sent. A track that finds none is waited for as one that nothing can stand for.
void Sequencer::makeStandIn(const Line& line) {
  auto made = standIn(line);
  if (!made) return;
  open()->standIns.insert_or_assign(line.number(), std::move(*made));
  open()->optional |= line.bit();
}

/// Silence, or the last sample again.
std::optional<store::StandIn> Sequencer::standIn(const Line& line) {
  const ByteView payload = line.isData() ? *line.sample : line.silence->payload;
  // Offline nothing goes for it, and without it the service refuses the fragment: a chunk may lie beyond the
  // budget.
  const std::size_t beyond = config_.keepsAll ? store::chunkSize : 0;
  auto block = state_.log.reserve(mkv::simpleBlockHeadSize, payload.size(), !config_.keepsAll, beyond);
  if (!block) return std::nullopt;
  block->write(payload);
  return store::StandIn{std::move(*block), line.isData() ? Nanoseconds{0} : line.silence->duration};
}

bool Sequencer::fill(Line& line, Ticks ticks, std::optional<store::StandIn> made) {
  if (!made) return false;
  if (!line.isData() && !line.silenceTold) tellSilence(line, true, true);
  ++state_.stats.framesFilled;
  place(line, std::move(made->block), ticks, {true, false, line.isData()}, made->duration);
  return true;
}

/// Before the open fragment ends: every track of its header has a block in it, and none stands behind
/// where the next fragment begins, where that is known.
void Sequencer::completeOpen(std::optional<Ticks> next) {
  const store::GrowingFragment* fragment = open();
  if (!fragment || fragment->frames == 0) return;
  Nanoseconds end = state_.timeline.timeOf(fragment->firstTicks) + fragment->duration;
  if (next && *next > fragment->lastTicks) end = std::min(end, state_.timeline.timeOf(*next));
  for (auto& [number, line] : lines_) {
    if ((fragment->wanted & line.bit()) == 0) continue;
    if (line.silence && interleaver_.isSilent(number)) fillUpTo(line, end);
    ensurePresent(line);
  }
  narrowOpen();
}

/// Gives the open fragment the header of the tracks that it has.
void Sequencer::narrowOpen() {
  store::GrowingFragment* fragment = open();
  if (!fragment || fragment->isWhole()) return;
  // As that header has them: what the tracks say now may be of the next fragment.
  std::vector<mkv::TrackEntry> tracks = headers_.tracks(fragment->header);
  for (auto& [number, line] : lines_) {
    const std::uint32_t missing = fragment->wanted & ~fragment->tracks & ~fragment->optional;
    if ((missing & line.bit()) == 0) continue;
    std::erase_if(tracks, [gone = line.number()](const auto& entry) { return entry.number == gone; });
    leave(line);
    fragment->wanted &= ~line.bit();
  }
  if (const auto header = headers_.find(std::move(tracks))) fragment->header = *header;
}

void Sequencer::tellSilence(Line& line, bool silent, bool filled) {
  line.silenceTold = silent;
  const TrackSilence silence{line.track->id(), silent, filled};
  state_.news.emplace_back(silence);
}

/// Every repair is counted, the first of its kind told.
void Sequencer::tellRepair(const TimeRepair& repair) {
  IntakeCounts& stats = state_.stats;
  ++stats.timesRepaired;
  switch (repair.kind) {
    case TimeRepair::Kind::missing:
      ++stats.timesMissing;
      break;
    case TimeRepair::Kind::nudged:
      ++stats.timesNudged;
      break;
    case TimeRepair::Kind::raised:
      ++stats.timesRaised;
      break;
    case TimeRepair::Kind::reanchored:
      ++stats.timesReanchored;
      break;
  }
  // Where time goes on from elsewhere an application must know each time; the others are one source's habit.
  const bool once = repair.kind != TimeRepair::Kind::reanchored;
  const unsigned bit = 1u << static_cast<unsigned>(repair.kind);
  if (once && (repairsTold_ & bit) != 0) return;
  repairsTold_ |= bit;
  state_.news.emplace_back(repair);
}

}  // namespace kvs::intake
