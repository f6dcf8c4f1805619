// SPDX-License-Identifier: Apache-2.0
#include "source.h"

#include <algorithm>

#include "h264_frames.h"

namespace kvs::sim {

namespace {
constexpr std::size_t audioFrameSize = 3200;  // 400 ms at 8 kHz
}

Result<void> Source::addTracks(stream::StreamCore& core) {
  TrackFormat pictures;
  pictures.codec = media::Codec::h264;
  pictures.inputFraming.kind = media::NalFraming::Kind::annexB;
  auto camera = core.addTrack({.kind = TrackKind::video, .format = pictures});
  if (!camera) return fail(camera.error());
  camera_ = std::move(*camera);
  if (!plan_.audio) return {};
  TrackFormat sound;
  sound.codec = media::Codec::mulaw;
  sound.samplingFrequency = 8000;
  sound.channels = 1;
  auto microphone = core.addTrack({.kind = TrackKind::audio, .format = sound});
  if (!microphone) return fail(microphone.error());
  microphone_ = std::move(*microphone);
  return {};
}

void Source::putAudio(bool silent) {
  const Nanoseconds pts = std::exchange(audioTime_, audioTime_ + audioInterval);
  if (silent) return;
  const std::uint64_t number = nextAudio_++;
  const Bytes bytes = test::audioFrame(number, audioFrameSize);
  const ByteView view = bytes;
  Frame frame;
  frame.pts = pts;
  frame.duration = audioInterval;
  frame.captured = clock_.now() - plan_.age;
  frame.key = true;
  frame.payload = Pieces(&view, 1);
  const auto fate = microphone_->put(frame);
  if (fate) ++fates_[*fate];
  if (!fate || *fate != FrameFate::accepted) return;
  takeUpTime();
  const std::int64_t wall = (zeroTicks_ + ticksOf(pts)) * plan_.timecodeScale.count();
  accepted_.push_back({number, true, wall, epoch_});
}

void Source::skipTime() {
  mediaTime_ += interval();
  if (inGroup_ != 0) {
    mediaTime_ += interval() * inGroup_;
    inGroup_ = 0;
  }
}

void Source::put(stream::StreamCore& core) {
  const bool key = inGroup_ == 0;
  if (key && std::exchange(formatChanges_, false)) largeFormat_ = !largeFormat_;
  // B-frames: each pair behind the key frame is decoded back to front.
  int shown = inGroup_;
  if (plan_.reordered && inGroup_ > 0) {
    const bool paired = inGroup_ % 2 == 0 || inGroup_ + 1 < plan_.framesPerGroup;
    if (paired) shown += inGroup_ % 2 == 1 ? 1 : -1;
  }
  const Nanoseconds pts = mediaTime_ + interval() * shown;
  const std::uint64_t number = nextNumber_++;
  const Bytes bytes = test::annexB(test::accessUnit(key, number, plan_.frameSize * (key ? 3 : 1),
                                                    largeFormat_ ? test::largePicture : test::smallPicture));
  const ByteView view = bytes;
  Frame frame;
  frame.pts = pts;
  frame.duration = interval();
  frame.captured = clock_.now() - plan_.age;
  frame.key = key;
  frame.payload = Pieces(&view, 1);
  if (plan_.tags && number % 13 == 0) {
    const std::string value = std::to_string(number);
    if (core.putMetadata({"n", value}, false)) tags_.push_back("n=" + value);
  }
  const auto fate = camera_->put(frame);
  if (fate) ++fates_[*fate];
  if (fate && *fate == FrameFate::accepted) account(number, key, pts);
  if (++inGroup_ >= plan_.framesPerGroup) {
    inGroup_ = 0;
    mediaTime_ += interval() * plan_.framesPerGroup;
  }
}

std::int64_t Source::ticksOf(Nanoseconds time) const {
  const std::int64_t tick = Nanoseconds(plan_.timecodeScale).count();
  std::int64_t ticks = time.count() / tick;
  if (time.count() % tick < 0) --ticks;
  return ticks;
}

/// A clock that was wrong at the start moves all that was tied to it: nobody has seen it yet.
void Source::takeUpTime() {
  const Nanoseconds by = wall_->moved() - std::exchange(correction_, wall_->moved());
  if (by == Nanoseconds{0} || !lastTicks_) return;
  zeroTicks_ += ticksOf(by);
  for (AcceptedFrame& frame : accepted_)
    frame.wallMs += ticksOf(by) * plan_.timecodeScale.count();
}

/// The first frame ties media time to the wall clock; so does a key frame that stands too far from it:
/// since media time jumped, or since the wall clock was set.
void Source::account(std::uint64_t number, bool key, Nanoseconds pts) {
  takeUpTime();
  const Nanoseconds scale(plan_.timecodeScale);
  const std::int64_t ticks = ticksOf(pts);
  const std::int64_t wall = ticksOf((wall_->wallNow() - plan_.age).time_since_epoch());
  if (!lastTicks_) {
    zeroTicks_ = wall - ticks;
    lastTicks_ = ticks;
  }
  const Nanoseconds off = (wall_->wallNow() - plan_.age).time_since_epoch() - scale * (zeroTicks_ + ticks);
  if (key && (off > Milliseconds(500) || off < -Seconds(1))) {
    ++epoch_;
    const std::int64_t lastWall = zeroTicks_ + *lastTicks_;
    zeroTicks_ = wall - ticks;
    lastTicks_ = lastWall - zeroTicks_;
    if (scale * (*lastTicks_ - ticks) > Seconds(1)) lastTicks_ = ticks - 1;
  }
  // A fragment that would overlap the one before is moved behind it, and what comes before its start with it.
  if (key && *lastTicks_ >= ticks && number > 0) {
    groupStart_ = *lastTicks_ + 1;
  } else if (key) {
    groupStart_ = ticks;
  }
  const std::int64_t placed = std::max(ticks, groupStart_);
  lastTicks_ = std::max(*lastTicks_, placed);
  accepted_.push_back({number, key, (zeroTicks_ + placed) * plan_.timecodeScale.count(), epoch_});
}

}  // namespace kvs::sim
