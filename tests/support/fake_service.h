// SPDX-License-Identifier: Apache-2.0
// A Kinesis Video Streams service and the network before it, in memory: a Transport that plays the
// control plane and PutMedia on a loop, real or simulated, and fails when it is told to. It reads the
// Matroska for itself, keeps what became durable, and notes what the service would not have taken.
//
// Used on the loop's thread. What it assumes of the service: a Cluster that nothing closed is discarded,
// whether the connection's end cuts it or the body ends behind it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "net/loop.h"
#include "net/transport.h"

namespace kvs::test {

/// How the line behaves now.
struct FakeNetwork {
  Milliseconds latency{20};
  double bytesPerSecond = 0;  ///< 0: no bound
  std::size_t sendBuffer = 64 * 1024;
  bool refuse = false;     ///< connections are refused
  bool blackhole = false;  ///< set by setBlackhole(): nothing passes; it is kept for later, as TCP does
  bool swallow = false;    ///< set by setSwallow(): what is sent is taken and lost, nothing comes back
};

struct FakeReply {
  int status = 200;
  std::string exception{};
  std::string retryAfter{};
  bool garbage = false;  ///< 200 with a body that is no answer
};

struct FakeServiceOptions {
  bool streamsExist = true;
  Milliseconds createTime{1500};  ///< until a created stream is ACTIVE
  int retentionHours = 2;
  Milliseconds ackDelay{30};
  Milliseconds persistDelay{150};
  Seconds silence{30};                       ///< the service ends a session on which nothing arrives
  Milliseconds longestSession{45 * 60'000};  ///< 4003
  bool readInsideResume = false;             ///< the transport may pull the body from inside resume()
  /// What a busy pass of the loop may bring together comes together now and then, by the seed: several
  /// words of the service, what was read from the body before or after them, the end with the last word.
  bool shuffled = false;
  /// Signatures that are off by more than five minutes are refused. The service's own clock shows what the
  /// producer's wall clock showed at the start, and this much more.
  std::optional<Seconds> clockAhead{};
};

/// A fragment that the service has made durable.
struct StoredFragment {
  std::string stream;
  unsigned session = 0;
  std::int64_t timecodeMs = 0;        ///< as acknowledged
  std::int64_t wallMs = 0;            ///< the same on the wall clock, where times are relative
  std::vector<std::uint64_t> frames;  ///< their numbers (h264_frames.h), in order; without made-up silence
  std::vector<std::int64_t> timesMs;
  std::vector<std::string> tags;  ///< "name=value"
  std::uint64_t bytes = 0;
  TimePoint when{};
  bool told = false;  ///< PERSISTED reached the producer
};

class FakeService final : public net::Transport {
 public:
  FakeService(net::Loop& loop, const Clock& clock, std::uint64_t seed, FakeServiceOptions options = {});
  ~FakeService() override;

  std::unique_ptr<net::Exchange> start(net::Request request, net::ExchangeListener& listener) override;

  // --- the network ---
  FakeNetwork network;
  /// Reset, in both directions; what is under way may still arrive.
  void resetConnections();
  void setBlackhole(bool on);
  void setSwallow(bool on);

  // --- the service ---
  /// Asked for each request ("describeStream", ..., "putMedia"); nothing: the normal answer.
  std::function<std::optional<FakeReply>(const std::string& operation)> intercept;
  bool withholdAcks = false;     ///< fragments are stored, nobody is told
  bool endsWithTheBody = false;  ///< the end of the answer is read in the loop's pass that ended the body
  /// What comes back within so long is read in the loop's pass that ended the body.
  Nanoseconds passThatEndsTheBody{0};
  bool withholdStorage = false;  ///< and not even stored
  /// The data endpoint becomes another; the old one no longer serves.
  void moveEndpoint() { ++endpoint_; }
  void deleteStreams() { streams_.clear(); }
  /// The 200 bodies end while the connections stay.
  void endResponses();
  /// An ERROR acknowledgement on every open session, which ends it. `named`: of the newest fragment.
  void errorAck(int id, const std::string& code, bool named);
  /// Bytes that are no acknowledgement we could use: repeated, unknown, cut.
  void nonsense(std::string text);

  // --- what happened ---
  const std::vector<StoredFragment>& stored() const { return stored_; }
  const std::vector<std::string>& violations() const { return violations_; }
  unsigned sessions() const { return sessionCount_; }
  unsigned calls(const std::string& operation) const;
  TimePoint lastPersistedTold() const { return lastTold_; }
  std::uint64_t persistedTold() const { return toldCount_; }
  /// Fragments that came again after the producer was told that they are persisted.
  std::uint64_t persistedSentAgain() const { return persistedSentAgain_; }
  std::size_t openSessions() const { return serverSessions_.size(); }
  void expect(bool condition, const std::string& what);

 private:
  struct Wire;
  class ClientEnd;
  class Session;
  struct Stream {
    TimePoint activeAt{};
  };

  void connect(const std::shared_ptr<Wire>& wire);
  void answerCall(const std::shared_ptr<Wire>& wire);
  FakeReply normalReply(const std::shared_ptr<Wire>& wire, std::string& body);
  void sendReply(const std::shared_ptr<Wire>& wire, const FakeReply& reply, std::string body);
  WallTime serverNow() const { return WallTime(clock_.now().time_since_epoch() + serverOffset_); }
  bool isLate(const net::Request& request) const;
  void openUpload(const std::shared_ptr<Wire>& wire);
  void pump(const std::shared_ptr<Wire>& wire);
  void sendPiece(const std::shared_ptr<Wire>& wire, Bytes bytes, bool end);
  void arrived(const std::shared_ptr<Wire>& wire, const Bytes& bytes, bool end);
  void clientGone(const std::shared_ptr<Wire>& wire);
  void release();
  void giveUpIfStuck(const std::shared_ptr<Wire>& wire);
  /// Runs `task` at the client when what is sent now arrives there.
  void toClient(const std::shared_ptr<Wire>& wire, std::function<void()> task);
  void deliver(const std::shared_ptr<Wire>& wire);
  void failClient(const std::shared_ptr<Wire>& wire, const std::string& why);
  bool once(unsigned in) { return options_.shuffled && shuffle_.next() % in == 0; }
  void runAhead(Nanoseconds time);
  void after(Nanoseconds delay, std::function<void()> task);
  /// Of those who look at the clock: never before its time, however quick the line is.
  void afterByTheClock(Nanoseconds delay, std::function<void()> task);
  void pass(const std::shared_ptr<Wire>& wire, std::function<void()> task);
  void told(const std::shared_ptr<Wire>& wire, std::int64_t wallMs);

  net::Loop& loop_;
  const Clock& clock_;
  Random random_;
  Random shuffle_;
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>>
      agenda_;  ///< what the loop's timers do
  std::uint64_t planned_ = 0;
  bool runsAhead_ = false;
  bool resuming_ = false;
  Bytes room_;  // for what the body gives next
  FakeServiceOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<std::string, Stream> streams_;
  std::set<std::string> served_;  // streams that were ever met: they exist from the start where asked
  unsigned endpoint_ = 1;
  unsigned sessionCount_ = 0;
  std::map<std::string, unsigned> calls_;
  std::vector<std::weak_ptr<Wire>> wires_;
  std::map<std::string, std::shared_ptr<Session>> serverSessions_;  // one a stream
  std::map<std::string, unsigned> clientUploads_;
  std::deque<std::function<void()>> held_;  // in the black hole
  std::vector<StoredFragment> stored_;
  std::unordered_multimap<std::int64_t, std::size_t> storedAt_;  // by wallMs
  Nanoseconds serverOffset_{0};                                  // wall clock less monotonic clock
  std::set<std::pair<std::string, std::uint64_t>> toldFrames_;   ///< first ones of fragments told PERSISTED
  std::vector<std::string> violations_;
  TimePoint lastTold_{};
  std::uint64_t toldCount_ = 0;
  std::uint64_t persistedSentAgain_ = 0;
};

}  // namespace kvs::test
