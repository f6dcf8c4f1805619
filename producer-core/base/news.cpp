// SPDX-License-Identifier: Apache-2.0
#include "base/news.h"

namespace kvs {

namespace {

/// Calls the listener's function for each kind of news.
struct Delivery {
  StreamListener& to;

  void operator()(const news::StreamReady&) const { to.onStreamReady(); }
  void operator()(const ConnectionChange& change) const { to.onConnection(change); }
  void operator()(const FragmentAck& ack) const { to.onFragmentAck(ack); }
  void operator()(const FragmentLost& lost) const { to.onFragmentLost(lost); }
  void operator()(const FramesDropped& dropped) const { to.onFramesDropped(dropped); }
  void operator()(const FragmentRefused& refused) const { to.onFragmentRefused(refused); }
  void operator()(const news::StoragePressure& storage) const { to.onStoragePressure(storage.pressure); }
  void operator()(const news::LatencyPressure& latency) const { to.onLatencyPressure(latency.pressure); }
  void operator()(const news::ConnectionStale& stale) const { to.onConnectionStale(stale.age); }
  void operator()(const CredentialsTaken& taken) const { to.onCredentials(taken); }
  void operator()(const CodecChange& change) const { to.onCodecChanged(change); }
  void operator()(const TimeRepair& repair) const { to.onTimeRepaired(repair); }
  void operator()(const TrackSilence& silence) const { to.onTrackSilence(silence); }
  void operator()(const news::KeyFrameWanted& wanted) const { to.onKeyFrameWanted(wanted.track); }
  void operator()(const news::DataAvailable&) const { to.onDataAvailable(); }
  void operator()(const news::Warning& warning) const { to.onWarning(warning.error); }
  void operator()(const news::StreamFailed& failed) const { to.onError(failed.error); }
  void operator()(const news::Drained&) const { to.onDrained(); }
  void operator()(const news::StreamClosed&) const { to.onStreamClosed(); }
};

}  // namespace

void deliver(const News& news, StreamListener& listener) {
  std::visit(Delivery{listener}, news);
}

bool mayBeDropped(const News& news) {
  if (const auto* ack = std::get_if<FragmentAck>(&news)) return ack->type != FragmentAck::Type::error;
  return std::holds_alternative<news::DataAvailable>(news);
}

}  // namespace kvs
