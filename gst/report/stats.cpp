// SPDX-License-Identifier: Apache-2.0
#include "report/stats.h"

#include <algorithm>
#include <string>

#include "report/fields.h"

namespace kvs::gst {

namespace {

constexpr std::uint32_t metricsVersion = 0;

void addFrames(GstStructure* to, const StreamStats& stats) {
  set(to, "frames-in", stats.framesIn);
  set(to, "bytes-in", stats.bytesIn);
  set(to, "frames-sent", stats.framesSent);
  set(to, "bytes-sent", stats.bytesSent);
  set(to, "frames-persisted", stats.framesPersisted);
  set(to, "bytes-persisted", stats.bytesPersisted);
  set(to, "frames-refused", stats.lostRefused.frames);
  set(to, "bytes-refused", stats.lostRefused.bytes);
  set(to, "frames-lost", stats.framesLost);
  set(to, "skipped-before-key-frame", stats.skippedBeforeKeyFrame);
  set(to, "skipped-after-gap", stats.skippedAfterGap);
  set(to, "skipped-no-room", stats.skippedNoRoom);
  set(to, "skipped-invalid", stats.skippedInvalid);
  set(to, "skipped-key-frame-distance", stats.skippedKeyFrameDistance);
  set(to, "skipped-after-end-of-fragment", stats.skippedAfterEndOfFragment);
  set(to, "skipped-late", stats.skippedLate);
  set(to, "skipped-track-absent", stats.skippedTrackAbsent);
  set(to, "times-repaired", stats.timesRepaired);
  set(to, "times-missing", stats.timesMissing);
  set(to, "times-nudged", stats.timesNudged);
  set(to, "times-raised", stats.timesRaised);
  set(to, "times-reanchored", stats.timesReanchored);
  set(to, "frames-corrupted", stats.framesCorrupted);
  set(to, "frames-filled", stats.framesFilled);
}

void addLosses(GstStructure* to, const char* reason, const LossCount& lost) {
  set(to, ("fragments-lost-" + std::string(reason)).c_str(), lost.fragments);
  set(to, ("frames-lost-" + std::string(reason)).c_str(), lost.frames);
  set(to, ("bytes-lost-" + std::string(reason)).c_str(), lost.bytes);
}

void addFragments(GstStructure* to, const StreamStats& stats) {
  set(to, "fragments-in", stats.fragmentsIn);
  set(to, "fragments-sent", stats.fragmentsSent);
  set(to, "fragments-lost", stats.fragmentsLost);
  set(to, "fragments-refused", stats.fragmentsRefused);
  set(to, "fragments-replayed", stats.fragmentsReplayed);
  addLosses(to, "storage-full", stats.lostStorageFull);
  addLosses(to, "buffer-duration", stats.lostBufferDuration);
  addLosses(to, "refused", stats.lostRefused);
  addLosses(to, "stopped", stats.lostStopped);
  set(to, "acks-buffering", stats.acksBuffering);
  set(to, "acks-received", stats.acksReceived);
  set(to, "acks-persisted", stats.acksPersisted);
  set(to, "acks-error", stats.acksError);
  set(to, "acks-idle", stats.acksIdle);
  set(to, "acks-unknown", stats.acksUnknown);
}

void addBuffer(GstStructure* to, const StreamStats& stats, const ProducerStats& producer) {
  set(to, "bytes-buffered", stats.bytesBuffered);
  set(to, "bytes-unsent", stats.bytesUnsent);
  set(to, "storage-used", producer.storageUsed);
  set(to, "storage-limit", producer.storageLimit);
  set(to, "duration-buffered", stats.durationBuffered);
  set(to, "duration-unsent", stats.durationUnsent);
  set(to, "duration-limit", stats.durationLimit);
  set(to, "buffered-since", stats.bufferedSince);
}

void addConnection(GstStructure* to, const StreamStats& stats) {
  set(to, "state", stats.state);
  set(to, "frame-rate", stats.frameRate);
  set(to, "transfer-rate", stats.transferRate);
  set(to, "ack-delay-p50", stats.ackDelayP50);
  set(to, "ack-delay-p99", stats.ackDelayP99);
  set(to, "sessions", stats.sessions);
  set(to, "reconnects", stats.reconnects);
  set(to, "attempt", static_cast<std::uint32_t>(stats.attempt));
  set(to, "last-error", stats.lastError);
  set(to, "last-error-code", stats.lastErrorCode);
  set(to, "last-error-time", stats.lastErrorAt);
  set(to, "data-endpoint", stats.dataEndpoint);
  set(to, "credential-source", stats.credentialSource);
  set(to, "credentials-passed-over", stats.credentialsPassedOver);
}

std::uint64_t in100ns(Nanoseconds time) {
  return static_cast<std::uint64_t>(time.count()) / 100;
}

std::uint64_t whole(double rate) {
  return static_cast<std::uint64_t>(rate + 0.5);
}

/// The element has a storage of its own, and one stream in it.
StructureRef clientMetrics(const Counts& counts) {
  const ProducerStats& producer = counts.producer;
  StructureRef metrics(gst_structure_new_empty("ClientMetrics"));
  set(metrics.get(), "version", metricsVersion);
  set(metrics.get(), "contentStoreSize", producer.storageLimit);
  set(metrics.get(), "contentStoreAvailableSize",
      producer.storageLimit - std::min(producer.storageLimit, producer.storageUsed));
  set(metrics.get(), "contentStoreAllocatedSize", producer.storageUsed);
  set(metrics.get(), "totalContentViewsSize", std::uint64_t{0});  // no index of frames beside the storage
  set(metrics.get(), "totalFrameRate", whole(counts.stream.frameRate));
  set(metrics.get(), "totalTransferRate", whole(counts.stream.transferRate));
  return metrics;
}

StructureRef streamMetrics(const StreamStats& stats) {
  StructureRef metrics(gst_structure_new_empty("StreamMetrics"));
  set(metrics.get(), "version", metricsVersion);
  set(metrics.get(), "currentViewDuration", in100ns(stats.durationUnsent));
  set(metrics.get(), "overallViewDuration", in100ns(stats.durationBuffered));
  set(metrics.get(), "currentViewSize", stats.bytesUnsent);
  set(metrics.get(), "overallViewSize", stats.bytesBuffered);
  set(metrics.get(), "currentFrameRate", whole(stats.frameRate));
  set(metrics.get(), "currentTransferRate", whole(stats.transferRate));
  return metrics;
}

void addMetrics(GstStructure* to, const Counts& counts) {
  gst_structure_set(to, "client-metrics", GST_TYPE_STRUCTURE, clientMetrics(counts).get(), "stream-metrics",
                    GST_TYPE_STRUCTURE, streamMetrics(counts.stream).get(), nullptr);
}

}  // namespace

StructureRef statsOf(const Counts& counts) {
  StructureRef structure(gst_structure_new_empty("kvssink-stats"));
  GstStructure* const to = structure.get();
  addConnection(to, counts.stream);
  addFrames(to, counts.stream);
  set(to, "frames-clipped", counts.framesClipped);
  addFragments(to, counts.stream);
  addBuffer(to, counts.stream, counts.producer);
  set(to, "loop-lag-p50", counts.producer.loopLagP50);
  set(to, "loop-lag-p99", counts.producer.loopLagP99);
  addMetrics(to, counts);
  return structure;
}

StructureRef metricsOf(const Counts& counts) {
  StructureRef structure(gst_structure_new_empty("kvssink-metrics"));
  addMetrics(structure.get(), counts);
  return structure;
}

}  // namespace kvs::gst
