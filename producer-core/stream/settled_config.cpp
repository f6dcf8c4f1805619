// SPDX-License-Identifier: Apache-2.0
#include "stream/settled_config.h"

#include <algorithm>
#include <string>
#include <utility>

#include "aws/limits.h"
#include "base/limits.h"
#include "base/time_range.h"

namespace kvs::stream {

namespace {

using std::chrono::hours;

/// The longest fragment that the service takes, and what goes on after it until its word has come.
constexpr Seconds usualStaleness{30};

tl::unexpected<Error> invalid(StatusCode code, std::string message) {
  return fail(code, ErrorKind::fatal, std::move(message));
}

Error warning(StatusCode code, std::string message) {
  return Error{code, ErrorKind::retryable, std::move(message), {}, 0, {}, {}, {}};
}

std::string inSeconds(Seconds time) {
  return std::to_string(time.count()) + " s";
}

/// What no value could stand for.
Result<void> check(const StreamConfig& config) {
  if (auto name = aws::validateStreamName(config.name); !name) return name;
  if (auto tags = aws::validateTags({config.tags.begin(), config.tags.end()}); !tags) return tags;
  if (config.retention < hours(0)) {
    return invalid(limits::retentionHours.code, "The retention period must not be negative.");
  }
  if (config.timecodeScale < Nanoseconds(limits::leastTimecodeScale.kept)) {
    return invalid(limits::leastTimecodeScale.code, "The timecode scale must be at least 1 ms.");
  }
  const bool negative = config.fragmentDuration < Milliseconds(0) || config.bufferDuration < Seconds(0) ||
                        config.connectionStaleness < Seconds(0);
  if (negative) {
    return invalid(StatusCode::invalidArg,
                   "Fragment duration, buffer duration and connection staleness must not be negative.");
  }
  if (config.startTime && !isPlausible(config.startTime->time_since_epoch())) {
    return invalid(StatusCode::invalidArg, "The start time is more than 146 years from 1970.");
  }
  if (config.streamingType == StreamingType::nearRealtime && config.burstInterval < Seconds(1)) {
    return invalid(StatusCode::invalidArg, "The burst interval must be at least 1 s.");
  }
  if (config.streamingType == StreamingType::offline && config.retention == hours(0)) {
    return invalid(StatusCode::offlineModeWithZeroRetention,
                   "Offline streaming waits until the service has stored what it was sent: it needs a "
                   "retention period of an hour at least.");
  }
  return {};
}

void settleRetention(SettledConfig& settled) {
  const hours most(limits::retentionHours.kept);
  if (settled.config.retention <= most) return;
  settled.warnings.push_back(warning(limits::retentionHours.code,
                                     "The service keeps media for 87600 hours, ten years, at most: a "
                                     "stream that is created here has that retention period, not " +
                                         std::to_string(settled.config.retention.count()) + " hours."));
  settled.config.retention = most;
}

void settleTimecodeScale(SettledConfig& settled) {
  const auto most = std::chrono::duration_cast<Milliseconds>(Nanoseconds(limits::mostTimecodeScale.kept));
  if (settled.config.timecodeScale <= most) return;
  settled.warnings.push_back(warning(limits::mostTimecodeScale.code,
                                     "The timecode scale can be 1000 ms at most, and is that instead of " +
                                         std::to_string(settled.config.timecodeScale.count()) +
                                         " ms: choose 1 ms, unless times may be that coarse."));
  settled.config.timecodeScale = most;
}

/// The service takes fragments from 1 s on, and ends none later than 20 s.
void settleFragmentDuration(SettledConfig& settled) {
  const auto least = std::chrono::duration_cast<Milliseconds>(Nanoseconds(limits::leastClusterDuration.kept));
  const auto most = std::chrono::duration_cast<Milliseconds>(Nanoseconds(limits::fragmentDuration.kept));
  const Milliseconds asked = settled.config.fragmentDuration;
  if (asked >= least && asked <= Nanoseconds(limits::mostClusterDuration.kept)) return;
  settled.config.fragmentDuration = std::clamp(asked, least, most);
  settled.warnings.push_back(warning(limits::leastClusterDuration.code,
                                     "The service takes fragments of 1 to 20 s: a fragment duration of " +
                                         std::to_string(asked.count()) + " ms is taken as " +
                                         std::to_string(settled.config.fragmentDuration.count()) + " ms."));
}

/// Bursts need room for what is sent and for what is gathered meanwhile.
void settleBufferDuration(SettledConfig& settled) {
  StreamConfig& config = settled.config;
  const bool bursts = config.streamingType == StreamingType::nearRealtime;
  if (bursts && config.bufferDuration < 2 * config.burstInterval) {
    settled.warnings.push_back(
        warning(limits::leastBufferDuration.code,
                "With near-realtime the buffer must hold two bursts: it holds " +
                    inSeconds(2 * config.burstInterval) + " instead of " + inSeconds(config.bufferDuration) +
                    ", since the burst interval is " + inSeconds(config.burstInterval) + "."));
    config.bufferDuration = 2 * config.burstInterval;
    return;
  }
  if (config.bufferDuration >= Nanoseconds(limits::leastBufferDuration.kept)) return;
  settled.warnings.push_back(
      warning(limits::leastBufferDuration.code,
              "The buffer holds " + inSeconds(config.bufferDuration) +
                  " of media, or one fragment where that is longer: what comes while the connection is away "
                  "for longer than that is lost. Give it 20 s or more to bridge a short outage."));
}

void settleStaleness(SettledConfig& settled) {
  const Seconds asked = settled.config.connectionStaleness;
  if (asked == Seconds(0) || asked >= usualStaleness) return;
  settled.warnings.push_back(
      warning(StatusCode::invalidArg,
              "A connection staleness of " + inSeconds(asked) +
                  " is less than the service may take over a fragment: a connection is replaced when nothing "
                  "was heard for that long and for twice the length of the fragments. Give it 30 s or more, "
                  "or keep the fragments short."));
}

/// Offline, put() waits for room, which only acknowledgements give back.
void settleAcknowledgements(SettledConfig& settled) {
  if (settled.config.streamingType != StreamingType::offline || settled.config.fragmentAcks) return;
  settled.warnings.push_back(
      warning(StatusCode::offlineModeWithZeroRetention,
              "Offline streaming waits until the service has stored what it was sent: fragment "
              "acknowledgements are asked for all the same."));
  settled.config.fragmentAcks = true;
}

std::string inMebibytes(double bytes) {
  return std::to_string(static_cast<std::uint64_t>(bytes / (1 << 20))) + " MiB";
}

/// A storage in which little more than a fragment may have room, or in which media is lost sooner than the
/// settings say.
void judgeStorage(SettledConfig& settled, std::size_t storageSize) {
  const StreamConfig& config = settled.config;
  const bool waits = config.streamingType == StreamingType::offline;  // and loses nothing
  const auto storage = static_cast<double>(storageSize);
  const double wanted =
      static_cast<double>(config.expectedBandwidth) / 8 * static_cast<double>(config.bufferDuration.count());
  if (storageSize < limits::leastStorage.kept) {
    settled.warnings.push_back(
        warning(limits::leastStorage.code,
                "The storage holds " + inMebibytes(storage) +
                    ", or one fragment where that is larger: an outage that brings more costs the oldest "
                    "media. Give it 10 MiB or more."));
  } else if (!waits && wanted > storage) {
    settled.warnings.push_back(warning(
        limits::leastStorage.code,
        "A buffer of " + inSeconds(config.bufferDuration) + " at the expected " +
            std::to_string(config.expectedBandwidth) + " bit/s takes " + inMebibytes(wanted) +
            ", and the storage is " + inMebibytes(storage) +
            ": in an outage media is lost sooner than the buffer duration says. Give it more storage, "
            "or correct the expected bandwidth."));
  }
}

}  // namespace

Result<SettledConfig> settle(StreamConfig asked, std::size_t storageSize) {
  if (auto checked = check(asked); !checked) return fail(checked.error());
  SettledConfig settled{std::move(asked), {}};
  settleRetention(settled);
  settleTimecodeScale(settled);
  settleFragmentDuration(settled);
  settleBufferDuration(settled);
  settleStaleness(settled);
  settleAcknowledgements(settled);
  judgeStorage(settled, storageSize);
  return settled;
}

}  // namespace kvs::stream
