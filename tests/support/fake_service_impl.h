// SPDX-License-Identifier: Apache-2.0
// What stands behind FakeService: a connection, and the service's side of an upload session.
#pragma once

#include <deque>

#include "fake_service.h"
#include "matroska_reader.h"

namespace kvs::test {

/// One exchange, from both ends.
struct FakeService::Wire {
  net::Request request;
  std::string operation;
  std::string stream;                         // of uploads
  net::ExchangeListener* listener = nullptr;  // null: the producer has let go
  net::BodySource* source = nullptr;
  bool connected = false;
  bool dead = false;    // told its end, or cut
  bool doomed = false;  // swallows all
  bool waiting = false;
  bool bodyEnded = false;
  bool stuckWatched = false;
  std::size_t inFlight = 0;
  std::uint64_t bytesSent = 0;
  std::uint64_t delivered = 0;
  TimePoint lineFree{};
  std::deque<std::function<void()>> inbox{};  // has arrived at the client
  bool inboxHeld = false;                     // until the loop looks
  std::shared_ptr<Session> session;
};

class FakeService::Session final : public MatroskaVisitor, public std::enable_shared_from_this<Session> {
 public:
  Session(FakeService& service, const std::shared_ptr<Wire>& wire, unsigned number)
      : service_(service),
        wire_(wire),
        stream_(wire->stream),
        number_(number),
        reader_(*this),
        lastData_(service.clock_.now()) {}

  /// Answers 200.
  void open();
  void feed(ByteView bytes);
  /// The request's body ended properly; the end-of-fragment tag has closed the last Cluster.
  void bodyEnd();
  /// The connection is gone: an unfinished Cluster is discarded.
  void broken();
  void endResponse();
  void errorAck(int id, const std::string& code, bool named);
  void nonsense(const std::string& text) { send(text, {}); }

  void onTracks(std::uint64_t scale, const std::vector<ReadTrack>& tracks) override;
  void onCluster(std::uint64_t timecode) override;
  void onBlock(ReadBlock block) override;
  void onTags(const std::vector<ReadTag>& tags) override;

 private:
  void complete();
  void persist(StoredFragment fragment);
  void ack(const std::string& type, std::int64_t timecodeMs, Milliseconds delay,
           std::function<void()> onTold = {});
  void send(std::string text, std::function<void()> onTold);
  void leaveSlot();
  void watchSilence();

  FakeService& service_;
  std::weak_ptr<Wire> wire_;
  const std::string stream_;
  std::int64_t startMs_ = 0;  // of relative times
  const unsigned number_;
  MatroskaReader reader_;
  TimePoint lastData_;
  bool over_ = false;  // no more acknowledgements
  bool bodyEnded_ = false;
  std::int64_t scaleMs_ = 1;
  std::set<std::uint64_t> tracks_;   // of the header
  std::uint64_t videoTrack_ = 0;     // 0: none
  std::set<std::uint64_t> present_;  // tracks with a block in the open Cluster
  std::optional<StoredFragment> cluster_;
  std::vector<std::string> pendingTags_;
  std::int64_t lastTimeMs_ = -1;
  std::int64_t newestMs_ = -1;
  std::set<std::uint64_t> seen_;
  unsigned unsettled_ = 0;  // complete, not yet told
};

}  // namespace kvs::test
