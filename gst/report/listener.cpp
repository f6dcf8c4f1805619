// SPDX-License-Identifier: Apache-2.0
#include "report/listener.h"

#include "report/signals.h"
#include "report/structures.h"

namespace kvs::gst {

void Listener::onConnection(const ConnectionChange& change) {
  whileItLives([&] {
    if (isCurrent_) reporter_.tasks.connection(change);
    reporter_.postConnection(structureOf(change));
  });
}

void Listener::onConnectionStale(Nanoseconds age) {
  whileItLives([&] { reporter_.postConnection(staleConnection(age)); });
}

void Listener::onFragmentAck(const FragmentAck& ack) {
  whileItLives([&] {
    // A session that lived its 45 minutes ends by an error acknowledgement, too: that is no error.
    const bool isError =
        ack.type == FragmentAck::Type::error && ack.code != StatusCode::ackConnectionDurationReached;
    if (isError) reporter_.setErrorDetail(ack.message);
    emitFragmentAck(element_, ack);
    if (isError) emitStreamError(element_, ack.code);
  });
}

void Listener::onFragmentLost(const FragmentLost& lost) {
  whileItLives([&] {
    reporter_.losses.add(lost);
    emitFragmentLost(element_, lost);
  });
}

void Listener::onFramesDropped(const FramesDropped& dropped) {
  whileItLives([&] { reporter_.losses.add(dropped); });
}

void Listener::onFragmentRefused(const FragmentRefused& refused) {
  whileItLives([&] { reporter_.post(structureOf(refused)); });
}

void Listener::onStoragePressure(const Pressure& pressure) {
  whileItLives([&] { reporter_.post(structureOf(pressure, "storage")); });
}

void Listener::onLatencyPressure(const Pressure& pressure) {
  whileItLives([&] { reporter_.post(structureOf(pressure, "latency")); });
}

void Listener::onCredentials(const CredentialsTaken& taken) {
  whileItLives([&] { reporter_.post(structureOf(taken)); });
}

void Listener::onCodecChanged(const CodecChange& change) {
  whileItLives([&] {
    reporter_.post(structureOf(change));
    if (isCurrent_) reporter_.playback.codecChanged(change.track.number);
  });
}

void Listener::onTimeRepaired(const TimeRepair& repair) {
  whileItLives([&] { reporter_.post(structureOf(repair)); });
}

void Listener::onTrackSilence(const TrackSilence& silence) {
  whileItLives([&] { reporter_.post(structureOf(silence)); });
}

void Listener::onKeyFrameWanted(const TrackId& track) {
  whileItLives([&] {
    if (isCurrent_) owner_.keyFrameWanted(track);
  });
}

void Listener::onWarning(const Error& error) {
  whileItLives([&] { reporter_.warnings.add(error); });
}

void Listener::onError(const Error& error) {
  whileItLives([&] {
    reporter_.losses.flush();  // behind the error few go on to read
    if (isCurrent_) owner_.streamFailed(error);
    emitStreamError(element_, error.code);
  });
}

void Listener::onDrained() {
  whileItLives([&] {
    reporter_.losses.flush();
    if (isCurrent_) owner_.streamDrained();
  });
}

void Listener::onStreamClosed() {
  whileItLives([&] { reporter_.losses.flush(); });
}

}  // namespace kvs::gst
