// SPDX-License-Identifier: Apache-2.0
// The face of producer-core: what an application without GStreamer includes.
//
//   auto producer = kvs::Producer::create({.region = "eu-central-1"});
//   auto stream = (*producer)->createStream({.name = "front-door", .tracks = {track}}, listener);
//   (*stream)->put({.pts = 0ns, .key = true, .payload = pieces});   // never waits for the network
//   (*stream)->drain(120s);                                          // until the last fragment is durable
//
// A Producer holds what its streams share: credentials, endpoint, transport and one storage budget.
// All Producers of a process share one loop thread. Nothing here throws; errors are values.
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
#include "base/secret.h"
#include "base/tag.h"
#include "base/time.h"
#include "media/frame.h"
#include "media/track.h"
#include "net/transport.h"
#include "stream/events.h"
#include "stream/stats.h"

namespace kvs {

using media::Frame;
using media::TrackConfig;

/// Runs the application's callbacks, one after another in the order given. The default is one
/// dispatcher thread for the process, made with the first listener; an application with a worker
/// pool of its own brings it here.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Any thread, also the loop's: must not run `job` inside the call, nor block.
  virtual void post(std::function<void()> job) = 0;
};

struct ProducerConfig {
  /// Where credentials come from. Null: the first source that is set up, of `credentialSettings` and of
  /// those that every AWS tool asks (docs/credentials.md).
  std::shared_ptr<aws::CredentialProvider> credentials;
  aws::CredentialSettings credentialSettings;
  std::string
      region;  ///< empty: AWS_DEFAULT_REGION, else us-west-2 (the environment wins, as the guide says)
  std::string endpoint;      ///< control plane's base URL; empty: environment, else the region's public name
  std::string dataEndpoint;  ///< of all streams (a VPC endpoint); empty: the service is asked for each
  /// The region's public name for IPv4 and IPv6, and the one for FIPS 140. Unset: AWS_USE_DUALSTACK_ENDPOINT
  /// and AWS_USE_FIPS_ENDPOINT, then use_dualstack_endpoint and use_fips_endpoint of the shared config file.
  std::optional<bool> dualStack;
  std::optional<bool> fips;
  /// http://[user:password@]host:port; empty: https_proxy, http_proxy and no_proxy of the environment.
  Secret proxy;
  std::string bindAddress;  ///< local address or interface of connections; empty: the system's choice
  std::string caPath;  ///< CA certificates, a PEM file or a folder; empty: KVSSINK_CA_CERT_PATH, the system's
  std::string userAgent;  ///< empty: "producer-core/VERSION"; sent with every request
  /// Hard bound on buffered bytes over all streams of this Producer: 10 MiB to 10 GiB.
  std::size_t storageSize = std::size_t{128} << 20;
  Milliseconds connectionTimeout{5000};   ///< DNS, TCP and TLS of one connection
  Milliseconds completionTimeout{10000};  ///< of one control-plane call; of an acknowledgement when draining
  bool allowInsecureEndpoint = false;     ///< plain http to other hosts than loopback
  std::shared_ptr<LogSink> log;           ///< null: silent
  std::shared_ptr<Executor> executor;     ///< null: the process's dispatcher thread
  /// The application's own network stack; null: libcurl on the process's loop.
  std::function<std::shared_ptr<net::Transport>()> transport;
  const Clock* clock = nullptr;  ///< null: the system's
  std::uint64_t seed = 0;        ///< of jitter; 0: from the system
};

enum class StreamingType {
  realtime = 0,      ///< sent as it comes; never blocks, and drops oldest fragments when the budget is full
  nearRealtime = 1,  ///< collected, and sent in bursts with the connection closed in between
  offline = 2,       ///< put() waits for room instead; nothing is dropped
};

/// Where a frame's wall time comes from (docs/timestamps.md).
enum class TimestampSource {
  automatic,    ///< `reference` where frames carry one, else `runningTime`
  runningTime,  ///< presentation time on the stream's clock, tied to the wall clock at the first frame
  reference,    ///< Frame::reference; a frame without one follows from its neighbours
  pts,          ///< presentation times are time since 1970 already; those before 2000 are refused
  arrival,      ///< the moment at which put() is called
};

/// What stands for a track that gives no frames while the others do.
enum class SilentTrack {
  fill,  ///< silence, where the codec has one; the track set never changes
  drop,  ///< a session whose header has not the track; it comes back when it has covered a whole fragment
};

struct StreamConfig {
  std::string name = "DEFAULT_STREAM";  ///< 1-256 of [a-zA-Z0-9_.-]
  std::vector<TrackConfig> tracks;      ///< 1-3; codec data may come later, in band
  StreamingType streamingType = StreamingType::realtime;
  bool allowCreate = true;          ///< create the stream where it is missing
  std::chrono::hours retention{2};  ///< of a stream that is created; 0: nothing is kept, RECEIVED is final
  std::string kmsKeyId;             ///< of a stream that is created; empty: the service's key
  std::map<std::string, std::string> tags;  ///< put on the stream, 50 at most
  Milliseconds timecodeScale{1};            ///< TimecodeScale: whole milliseconds, 1 to 1000
  bool absoluteFragmentTimes = true;        ///< cluster times since the epoch, or since the stream's start
  Seconds bufferDuration{120};              ///< hard bound on buffered media; older whole fragments go
  Seconds maxLatency{60};  ///< buffered media above this is told as latency pressure; 0: never
  /// Sent bytes without any acknowledgement for so long end the session; 0: never. At least 30 s.
  Seconds connectionStaleness{60};
  /// Whether the service is to acknowledge fragments. Without that one counts as durable when it was sent, is
  /// kept for `bufferDuration` or as long as there is room, and nothing tells a dead connection but the
  /// kernel.
  bool fragmentAcks = true;
  /// Media that is sent again, although it was confirmed, where it is still held and the host may have died.
  /// What was not confirmed is sent again in any case.
  Seconds replayDuration{40};
  bool restartOnError = true;  ///< else the first failure ends the stream
  Seconds retryTimeout{0};     ///< a failure that lasts for longer ends the stream; 0: tried for ever
  /// Credentials are asked for again after it, and a session ends itself after it, 40 minutes at most. 0:
  /// never, and 40 minutes.
  Seconds rotationPeriod{3600};
  std::uint64_t expectedBandwidth =
      4194304;                       ///< bit/s; a storage too small for it and bufferDuration is told
  bool recalculateMetrics = true;    ///< whether rates are reckoned
  double maxFragmentsPerSecond = 5;  ///< the service's quota; 0: no pacing
  TimestampSource timestampSource = TimestampSource::automatic;
  /// Wall time of the first frame (recordings); unset: now. Not with `reference` and `pts`.
  std::optional<WallTime> startTime;
  /// A key frame begins a fragment when a second has passed; else only after `fragmentDuration`.
  bool keyFrameFragmentation = true;
  Milliseconds fragmentDuration{2000};  ///< of streams without video, and without keyFrameFragmentation
  Milliseconds interleaveTimeout{500};  ///< how long a track may keep the others waiting
  SilentTrack silentTrack = SilentTrack::fill;
  Seconds burstInterval{10};  ///< of nearRealtime: bufferDuration must be twice that at least
  /// Copies of what is sent, for debugging, go to files STREAM_N.mkv in this folder, which must exist; empty:
  /// KVS_DEBUG_DUMP_DATA_FILE_DIR from the environment, else none.
  std::string dumpFolder;
  std::string writingApp;  ///< Matroska's WritingApp; empty: the Producer's user agent
};

/// One Kinesis video stream being produced. put() may be called from one thread for each track; all
/// else from any thread. Destroying it ends the stream without draining and does not wait.
class Stream {
 public:
  virtual ~Stream() = default;

  virtual const std::string& name() const = 0;

  /// Sets what a track carries, before its first frame or when its format changes.
  virtual Result<void> setTrack(TrackConfig track) = 0;

  /// A track whose format is still to be told: at the start it is waited for, 5 s at most.
  virtual void expectTrack(std::uint32_t number) = 0;

  /// The track gives no more frames, and nothing waits for it. A later put() takes it up again.
  virtual void endTrack(std::uint32_t number) = 0;

  /// The track leaves the stream: the next fragment's header has it no more.
  virtual void removeTrack(std::uint32_t number) = 0;

  /// The track has nothing from `pts` on for `duration`: progress without a frame (GStreamer's GAP).
  virtual void putGap(std::uint32_t number, Nanoseconds pts, Nanoseconds duration) = 0;

  /// True once when the fragment grows towards the service's limits: ask the encoder for a key frame.
  virtual bool takeKeyFrameRequest(std::uint32_t number) = 0;

  /// Takes one frame: copies it, never waits for the network. Offline it waits for room in the budget.
  /// An Error means that the stream has ended, or that this frame's bytes are not what its track says
  /// (mkvInvalid... codes: the frame is skipped and counted, the stream goes on).
  virtual Result<FrameFate> put(const Frame& frame) = 0;

  /// Metadata of the next fragment (persistent: of every one from then on, an empty value ends it).
  virtual Result<void> putMetadata(Tag tag, bool persistent) = 0;

  /// An event of the open fragment, in its tail; without one, of the next fragment. Each type at most
  /// once a fragment; mark, prefix and pairs count toward the fragment's 10 items of metadata.
  virtual Result<void> putEvent(FragmentEvent event) = 0;

  /// Ends the open fragment; the next frame that is taken is a key frame.
  virtual void flush() = 0;

  /// Offline: wakes a put() that waits for room, and lets none wait until interrupt(false).
  virtual void interrupt(bool on) = 0;

  /// No more frames for now: seals the last fragment, sends what is left, and reports Drained when all
  /// of it is durable. Returns at once. A later put() goes on in the same stream.
  virtual void endOfStream() = 0;

  /// endOfStream(), and waits until all is durable; at most `timeout`, less where there is no hope
  /// (a failure is being waited out). True where nothing was left behind.
  virtual bool drain(Milliseconds timeout) = 0;

  /// Ends the stream: what is not durable is reported as lost. No event comes afterwards but Closed.
  virtual void stop() = 0;

  virtual StreamStats stats() const = 0;
};

class Producer {
 public:
  virtual ~Producer() = default;

  /// Checks the configuration; opens nothing.
  static Result<std::shared_ptr<Producer>> create(ProducerConfig config);

  /// Checks the configuration and begins to connect in the background. `listener` may be null.
  virtual Result<std::unique_ptr<Stream>> createStream(StreamConfig config,
                                                       std::shared_ptr<StreamListener> listener) = 0;

  virtual ProducerStats stats() const = 0;
};

}  // namespace kvs
