// SPDX-License-Identifier: Apache-2.0
// The service's side of an upload session.
#include <algorithm>

#include "fake_service_impl.h"
#include "h264_frames.h"

namespace kvs::test {

void FakeService::Session::open() {
  const auto wire = wire_.lock();
  if (net::findHeader(wire->request.headers, "x-amzn-fragment-timecode-type") == "RELATIVE") {
    const std::string start(net::findHeader(wire->request.headers, "x-amzn-producer-start-timestamp"));
    startMs_ = std::stoll(start) * 1000 + std::stoll(start.substr(start.find('.') + 1));
  }
  service_.toClient(wire, [wire] { wire->listener->onHead({200, {{"x-amzn-RequestId", "put"}}}); });
  watchSilence();
  service_.afterByTheClock(service_.options_.longestSession, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->errorAck(4003, "MAX_CONNECTION_DURATION_REACHED", false);
  });
}

void FakeService::Session::watchSilence() {
  const Nanoseconds left = lastData_ + service_.options_.silence - service_.clock_.now();
  if (left <= Nanoseconds{0}) return endResponse();
  service_.afterByTheClock(left, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->over_) self->watchSilence();
  });
}

void FakeService::Session::feed(ByteView bytes) {
  if (over_) return;
  lastData_ = service_.clock_.now();
  reader_.feed(bytes);
  service_.expect(reader_.error().empty(), "session " + std::to_string(number_) + ": " + reader_.error());
}

void FakeService::Session::bodyEnd() {
  if (over_) return;
  service_.expect(reader_.atBoundary(), "the body ended in the middle of an element");
  service_.expect(!cluster_, "the body ended behind a fragment that nothing closed");
  bodyEnded_ = true;
  cluster_.reset();  // nobody promises that it is kept
  if (unsettled_ == 0 && service_.options_.retentionHours != 0) endResponse();
}

void FakeService::Session::broken() {
  over_ = true;
  cluster_.reset();
  leaveSlot();
}

void FakeService::Session::leaveSlot() {
  auto& slots = service_.serverSessions_;
  const auto slot = slots.find(stream_);
  if (slot != slots.end() && slot->second.get() == this) slots.erase(slot);
}

void FakeService::Session::endResponse() {
  if (over_) return;
  const auto self = shared_from_this();
  broken();
  const auto wire = wire_.lock();
  if (!wire) return;
  service_.toClient(wire, [wire] {
    wire->dead = true;
    wire->listener->onEnd({});
  });
}

void FakeService::Session::errorAck(int id, const std::string& code, bool named) {
  if (over_) return;
  const auto self = shared_from_this();
  std::string text =
      R"({"EventType":"ERROR","ErrorId":)" + std::to_string(id) + R"(,"ErrorCode":")" + code + "\"";
  if (named && newestMs_ >= 0) text += R"(,"FragmentTimecode":)" + std::to_string(newestMs_);
  // The fragment that is named is not kept.
  if (named && cluster_ && cluster_->timecodeMs == newestMs_) cluster_.reset();
  send(text + "}", {});
  endResponse();
}

// --- what the body says ---

void FakeService::Session::onTracks(std::uint64_t scale, const std::vector<ReadTrack>& tracks) {
  scaleMs_ = static_cast<std::int64_t>(scale / 1'000'000);
  service_.expect(!tracks.empty(), "a header without tracks");
  for (const ReadTrack& track : tracks) {
    service_.expect(track.type != 1 || !track.codecPrivate.empty(), "a video track without CodecPrivate");
    tracks_.insert(track.number);
    if (track.type == 1) videoTrack_ = track.number;
  }
}

void FakeService::Session::onCluster(std::uint64_t timecode) {
  complete();
  present_.clear();
  cluster_.emplace();
  cluster_->stream = stream_;
  cluster_->session = number_;
  cluster_->timecodeMs = newestMs_ = static_cast<std::int64_t>(timecode) * scaleMs_;
  cluster_->wallMs = startMs_ + newestMs_;
  cluster_->tags = std::exchange(pendingTags_, {});
  service_.expect(newestMs_ > lastTimeMs_, "4004: a fragment begins at " + std::to_string(newestMs_) +
                                               ", not after " + std::to_string(lastTimeMs_));
  ack("BUFFERING", newestMs_, service_.options_.ackDelay);
}

void FakeService::Session::onBlock(ReadBlock block) {
  if (!cluster_) return;
  const bool isVideo = block.track == videoTrack_;
  service_.expect(tracks_.contains(block.track), "4010: a block of a track that the header does not name");
  service_.expect(!isVideo || present_.contains(block.track) || block.key(),
                  "a fragment begins without a key frame");
  present_.insert(block.track);
  service_.expect(block.relative >= 0, "a block before its Cluster");
  const std::int64_t timeMs = cluster_->timecodeMs + block.relative * scaleMs_;
  lastTimeMs_ = std::max(lastTimeMs_, timeMs);
  cluster_->bytes += block.payload.size();
  const auto number = isVideo ? frameNumber(block.payload) : audioNumber(block.payload);
  service_.expect(number || !isVideo, "a block that holds no frame of ours");
  if (!number) return;
  service_.expect(seen_.insert(*number).second,
                  "frame " + std::to_string(*number) + " came twice in one session");
  // By its first frame: a wall clock that was set back gives the same times again.
  const bool again = service_.toldFrames_.contains({cluster_->stream, *number});
  if (cluster_->frames.empty() && again) ++service_.persistedSentAgain_;
  cluster_->frames.push_back(*number);
  cluster_->timesMs.push_back(timeMs);
}

void FakeService::Session::onTags(const std::vector<ReadTag>& tags) {
  for (const ReadTag& tag : tags) {
    if (tag.name == "AWS_KINESISVIDEO_END_OF_FRAGMENT") {
      service_.expect(cluster_ && !present_.empty(), "an end tag without a fragment before it");
      if (cluster_) std::ranges::move(std::exchange(pendingTags_, {}), std::back_inserter(cluster_->tags));
      complete();
    } else {
      pendingTags_.push_back(tag.name + "=" + tag.value);
    }
  }
}

// --- durability and acknowledgements ---

void FakeService::Session::complete() {
  if (!cluster_) return;
  StoredFragment fragment = std::move(*cluster_);
  cluster_.reset();
  service_.expect(present_ == tracks_, "4011: a fragment without a frame of every track");
  present_.clear();
  if (service_.withholdStorage) return;
  ++unsettled_;
  ack("RECEIVED", fragment.timecodeMs, service_.options_.ackDelay);
  if (service_.options_.retentionHours == 0) {  // RECEIVED was the last word
    persist(std::move(fragment));
    if (--unsettled_ == 0 && bodyEnded_)
      service_.after(2 * service_.options_.ackDelay, [self = shared_from_this()] { self->endResponse(); });
    return;
  }
  service_.after(service_.options_.persistDelay,
                 [self = shared_from_this(), fragment = std::move(fragment)]() mutable {
                   const std::int64_t timecode = fragment.timecodeMs;
                   const std::int64_t wallMs = fragment.wallMs;
                   self->persist(std::move(fragment));
                   const auto wire = self->wire_.lock();
                   FakeService& service = self->service_;
                   if (wire) {
                     self->ack("PERSISTED", timecode, Milliseconds(0),
                               [&service, wire, wallMs] { service.told(wire, wallMs); });
                   }
                   if (--self->unsettled_ == 0 && self->bodyEnded_) self->endResponse();
                 });
}

void FakeService::Session::persist(StoredFragment fragment) {
  fragment.when = service_.clock_.now();
  service_.storedAt_.emplace(fragment.wallMs, service_.stored_.size());
  service_.stored_.push_back(std::move(fragment));
}

void FakeService::Session::ack(const std::string& type, std::int64_t timecodeMs, Milliseconds delay,
                               std::function<void()> onTold) {
  const std::string text = R"({"EventType":")" + type + R"(","FragmentTimecode":)" +
                           std::to_string(timecodeMs) +
                           R"(,"FragmentNumber":"9134385233318150666865441974200524188285326)" +
                           std::to_string(timecodeMs % 10000) + "\"}";
  if (delay <= Milliseconds(0)) return send(text, std::move(onTold));
  service_.after(delay, [weak = weak_from_this(), text, onTold = std::move(onTold)]() mutable {
    if (const auto self = weak.lock()) self->send(text, std::move(onTold));
  });
}

void FakeService::Session::send(std::string text, std::function<void()> onTold) {
  if (over_ || service_.withholdAcks) return;
  const auto wire = wire_.lock();
  if (!wire) return;
  const std::size_t cut = service_.random_.next() % (text.size() + 1);  // anywhere, as the network does
  service_.toClient(wire, [wire, text = std::move(text), cut, onTold = std::move(onTold)] {
    // Told before the producer acts on it: what it then sends again would be wrong.
    if (onTold) onTold();
    wire->listener->onData(asBytes(text).first(cut));
    if (wire->listener) wire->listener->onData(asBytes(text).subspan(cut));
  });
}

}  // namespace kvs::test
