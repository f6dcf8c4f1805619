// SPDX-License-Identifier: Apache-2.0
#include "pads/eos.h"

#include <algorithm>

namespace kvs::gst {

void Eos::removePad(Pad pad) {
  pads_.erase(pad);
  if (pads_.empty()) phase_ = Phase::none;
}

void Eos::end(Pad pad, Seqnum seqnum) {
  pads_[pad] = true;
  seqnum_ = seqnum;
}

void Eos::restart(Pad pad) {
  pads_[pad] = false;
  phase_ = Phase::none;
}

void Eos::reset() {
  for (auto& [pad, ended] : pads_)
    ended = false;
  phase_ = Phase::none;
  posted_ = false;
}

std::optional<Eos::Generation> Eos::begin() {
  const bool ended =
      !pads_.empty() && std::all_of(pads_.begin(), pads_.end(), [](const auto& pad) { return pad.second; });
  if (!ended || phase_ != Phase::none) return std::nullopt;
  phase_ = Phase::draining;
  posted_ = false;
  return ++generation_;
}

bool Eos::finish(Generation generation) {
  if (phase_ != Phase::draining || generation != generation_) return false;
  phase_ = Phase::reached;
  return true;
}

void Eos::setPlaying(bool playing) {
  playing_ = playing;
  posted_ = false;
}

std::optional<Eos::Seqnum> Eos::takeMessage() {
  if (phase_ != Phase::reached || !playing_ || posted_) return std::nullopt;
  posted_ = true;
  return seqnum_;
}

}  // namespace kvs::gst
