// SPDX-License-Identifier: Apache-2.0
// The face of producer-core: what an application without GStreamer includes.
//
//   auto producer = kvs::Producer::create({.region = "eu-central-1"});
//   auto stream = (*producer)->createStream({.name = "front-door"}, listener);
//   auto camera = (*stream)->addTrack({.kind = kvs::TrackKind::video, .format = h264});
//   (*camera)->put({.pts = 0ns, .key = true, .payload = pieces});   // never waits for the network
//   (*stream)->drain(120s);                                         // until the last fragment is durable
//
// A Producer holds what its streams share: credentials, endpoint, transport and one storage budget. A Stream
// is one Kinesis video stream: it is controlled and observed here, and its tracks are written through a
// TrackWriter each. All Producers of a process share one network thread. Nothing here throws; errors are
// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials/provider.h"
#include "aws/credentials/settings.h"
#include "base/error.h"
#include "base/log.h"
#include "base/news.h"
#include "base/secret.h"
#include "base/stats.h"
#include "base/tag.h"
#include "base/time.h"
#include "media/frame.h"
#include "media/track.h"
#include "net/transport.h"

namespace kvs {

using media::Frame;
using media::TrackConfig;
using media::TrackFormat;
using media::TrackKind;

/// Runs the application's callbacks, one after another, in the order in which they are posted. The default is
/// one dispatcher thread for the process, which starts with the first listener. An application with its own
/// worker pool can use that instead.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Called from any thread, including the network thread: must neither run `job` inside the call nor block.
  virtual void post(std::function<void()> job) = 0;
};

struct ProducerConfig {
  /// Where credentials come from. Null: the first source that is configured, out of `credentialSettings` and
  /// the sources that all AWS tools use (docs/credentials.md).
  std::shared_ptr<aws::CredentialProvider> credentials;
  aws::CredentialSettings credentialSettings;
  std::string
      region;  ///< AWS_DEFAULT_REGION has precedence over it, as the guide says; if both are empty: us-west-2
  std::string endpoint;      ///< control plane's base URL; empty: environment, else the region's public name
  std::string dataEndpoint;  ///< for all streams (a VPC endpoint); empty: as the service answers for each
  /// The region's public name for IPv4 and IPv6, and the one for FIPS 140. Unset: AWS_USE_DUALSTACK_ENDPOINT
  /// and AWS_USE_FIPS_ENDPOINT, then use_dualstack_endpoint and use_fips_endpoint in the shared config file.
  std::optional<bool> dualStack;
  std::optional<bool> fips;
  /// http://[user:password@]host:port; empty: https_proxy, http_proxy and no_proxy from the environment.
  Secret proxy;
  std::string bindAddress;  ///< local address or interface to connect from; empty: the system chooses
  std::string caPath;     ///< CA certificates, a PEM file or a folder; empty: the environment's, the system's
  std::string userAgent;  ///< empty: "producer-core/VERSION"; sent with every request
  /// Hard limit on buffered bytes over all streams of this Producer; under 10 MiB one fragment may need more.
  std::size_t storageSize = std::size_t{128} << 20;
  Milliseconds connectionTimeout{5000};   ///< DNS, TCP and TLS of one connection
  Milliseconds completionTimeout{10000};  ///< one control-plane call; an acknowledgement while draining
  bool allowInsecureEndpoint = false;     ///< permits plain http to hosts other than loopback
  std::shared_ptr<LogSink> log;           ///< null: nothing is logged
  std::shared_ptr<Executor> executor;     ///< null: the process's dispatcher thread
  /// Creates the application's own network stack; null: libcurl on the process's network thread.
  std::function<std::shared_ptr<net::Transport>()> transport;
  const Clock* clock = nullptr;  ///< null: the system's
  std::uint64_t seed = 0;        ///< of random delays; 0: from the system
};

enum class StreamingType {
  realtime = 0,  ///< sent at once; never blocks, and drops the oldest fragments when the budget is used up
  nearRealtime = 1,  ///< collected and sent in bursts; the connection is closed in between
  offline = 2,       ///< put() waits for room instead, and nothing is dropped
};

/// Where a frame's wall time comes from (docs/timestamps.md).
enum class TimestampSource {
  automatic,    ///< `reference` if frames carry one, else `runningTime`
  runningTime,  ///< presentation time on the stream's clock, tied to the wall clock at the first frame
  reference,    ///< Frame::reference; for a frame without one, derived from its neighbours
  pts,          ///< presentation times count from 1970; those before 2000 are refused
  arrival,      ///< the moment when put() is called
};

/// What to do about a track that delivers no frames while the others do.
enum class SilentTrack {
  fill,  ///< send silence, if the codec has one; the set of tracks never changes
  drop,  ///< open a session without the track; it returns once it has covered a whole fragment
};

struct StreamConfig {
  std::string name = "DEFAULT_STREAM";  ///< 1-256 of [a-zA-Z0-9_.-]
  StreamingType streamingType = StreamingType::realtime;
  bool allowCreate = true;          ///< create the stream if it does not exist
  std::chrono::hours retention{2};  ///< if the stream is created; 0: nothing is kept, and RECEIVED is final
  std::string kmsKeyId;             ///< if the stream is created; empty: the service's key
  std::map<std::string, std::string> tags;  ///< put on the stream, at most 50
  Milliseconds timecodeScale{1};            ///< TimecodeScale: whole milliseconds, 1 to 1000
  bool absoluteFragmentTimes = true;        ///< cluster times count from 1970, else from the stream's start
  Seconds bufferDuration{120};  ///< hard limit on buffered media; beyond it, the oldest fragments are dropped
  Seconds maxLatency{60};       ///< latency pressure is reported if more than this is buffered; 0: never
  /// The session ends if data was sent and nothing was acknowledged for so long and two fragments; 0: never.
  Seconds connectionStaleness{60};
  /// Whether the service acknowledges fragments. Otherwise a fragment counts as durable once it was sent. It
  /// is then kept for `bufferDuration`, or as long as there is room, and only the kernel notices a dead
  /// connection.
  bool fragmentAcks = true;
  /// How much confirmed media is sent again, as far as it is still in memory, if the host may have died.
  /// Unconfirmed media is always sent again.
  Seconds replayDuration{40};
  bool restartOnError = true;  ///< false: the first failure ends the stream
  Seconds retryTimeout{0};     ///< a failure that lasts longer ends the stream; 0: retried for ever
  /// After this time credentials are fetched again, and a session is replaced, after 40 minutes at the
  /// latest. 0: only when credentials expire, and after 40 minutes.
  Seconds rotationPeriod{3600};
  std::uint64_t expectedBandwidth =
      4194304;  ///< bit/s; a warning is reported if the storage is too small for it and bufferDuration
  bool recalculateMetrics = true;    ///< whether to compute rates
  double maxFragmentsPerSecond = 5;  ///< the service's quota; 0: no pacing
  TimestampSource timestampSource = TimestampSource::automatic;
  /// Wall time of the first frame (recordings); unset: now. Not with `reference` and `pts`.
  std::optional<WallTime> startTime;
  /// A key frame begins a fragment once a second has passed; otherwise only after `fragmentDuration`.
  bool keyFrameFragmentation = true;
  Milliseconds fragmentDuration{2000};  ///< for streams without video, or without keyFrameFragmentation
  Milliseconds interleaveTimeout{500};  ///< how long the other tracks wait for one that is behind
  SilentTrack silentTrack = SilentTrack::fill;
  Seconds burstInterval{10};  ///< for nearRealtime; bufferDuration is at least twice as long
  /// Debugging copies of what is sent are written to files STREAM_N.mkv in this folder, which must exist.
  /// Empty: KVS_DEBUG_DUMP_DATA_FILE_DIR from the environment, else none.
  std::string dumpFolder;
  std::string writingApp;  ///< Matroska's WritingApp; empty: the Producer's user agent
};

/// One track of a stream, as an application feeds it: put() from one thread at a time, everything else from
/// any thread. Destroying it ends the track. It may outlive its Stream, which takes nothing more then.
class TrackWriter {
 public:
  virtual ~TrackWriter() = default;

  /// How news of the stream names the track. Its number is settled with its first format: video is 1, audio 2
  /// and data 3; without video those that there are count from 1.
  virtual TrackId id() const = 0;

  /// Says what the frames are from now on: before the first one, or when that changes. Codec data may also
  /// come later, in band. Other codec data than before is another source's, as with changeSource().
  virtual Result<void> setFormat(TrackFormat format) = 0;

  /// Another source feeds the track from now on. Of pictures nothing is taken before a key frame of its own,
  /// which keyFrameWanted() asks for.
  virtual void changeSource() = 0;

  /// Takes one frame: copies it, and never waits for the network. In offline mode it waits for room in the
  /// budget. An Error means that the stream has ended, or that this frame's bytes do not match its track
  /// (codes mkvInvalid...: the frame is skipped and counted, and the stream continues).
  virtual Result<FrameFate> put(const Frame& frame) = 0;

  /// The track has nothing from `pts` on for `duration`: progress without a frame, as GStreamer's GAP.
  virtual void gap(Nanoseconds pts, Nanoseconds duration) = 0;

  /// True once when a fragment approaches the service's limits: ask the encoder for a key frame.
  virtual bool keyFrameWanted() = 0;

  /// The track delivers no more frames, and nothing waits for it. A later put() resumes it.
  virtual void end() = 0;

  /// Takes the track out of the stream for good: the next fragment's header no longer contains it.
  virtual void remove() = 0;
};

/// One Kinesis video stream being produced: its tracks, and what is said to it and asked of it as a whole,
/// from any thread. Destroying it ends the stream without draining, and does not wait.
class Stream {
 public:
  virtual ~Stream() = default;

  virtual const std::string& name() const = 0;

  /// Adds one of at most three tracks. One whose format is still to be said is waited for at the start, 5 s
  /// at most.
  virtual Result<std::unique_ptr<TrackWriter>> addTrack(TrackConfig track) = 0;

  /// Adds metadata to the next fragment; if persistent, to all from then on, until given an empty value.
  virtual Result<void> putMetadata(Tag tag, bool persistent) = 0;

  /// Adds an event to the tail of the open fragment; if none is open, to the next fragment. A fragment takes
  /// each type at most once; mark, prefix and pairs count toward its 10 items of metadata.
  virtual Result<void> putEvent(FragmentEvent event) = 0;

  /// Ends the open fragment; the next frame that is accepted is a key frame.
  virtual void flush() = 0;

  /// Offline mode: wakes a put() that waits for room; none waits again until interrupt(false).
  virtual void interrupt(bool on) = 0;

  /// No more frames for now: seals the last fragment, sends what is left, and calls onDrained() when all of
  /// it is durable. Returns at once. A later put() continues in the same stream.
  virtual void endOfStream() = 0;

  /// Calls endOfStream() and waits until everything is durable; at most for `timeout`, and less if there is
  /// no hope, as while backing off after a failure. Returns true if nothing was left behind.
  virtual bool drain(Milliseconds timeout) = 0;

  /// Ends the stream: what is not durable is reported as lost. The last event is onStreamClosed().
  virtual void stop() = 0;

  virtual StreamStats stats() const = 0;
};

class Producer {
 public:
  virtual ~Producer() = default;

  /// Checks the configuration; opens no connection.
  static Result<std::shared_ptr<Producer>> create(ProducerConfig config);

  /// Checks the configuration and begins to connect in the background. `listener` may be null.
  virtual Result<std::unique_ptr<Stream>> createStream(StreamConfig config,
                                                       std::shared_ptr<StreamListener> listener) = 0;

  virtual ProducerStats stats() const = 0;
};

}  // namespace kvs
