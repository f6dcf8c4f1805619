// SPDX-License-Identifier: Apache-2.0
// The body of one PutMedia request: the header, then fragment after fragment as the feed gives them, with
// Cluster heads rendered on the way. The few rendered bytes are its only own ones; blocks are copied from the
// log's chunks into the transport's buffer, outside the lock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "net/transport.h"
#include "store/stream_store.h"
#include "upload/body_pieces.h"
#include "upload/dump.h"
#include "upload/pacer.h"
#include "upload/sent_media.h"
#include "upload/shown_epochs.h"

namespace kvs::upload {

/// A fragment that this session has begun to send.
struct SentFragment {
  store::FragmentId id = 0;
  Milliseconds timecode{0};  ///< as the service will acknowledge it
  TimePoint since{};         ///< when its first frame came
  TimePoint begun{};         ///< when its first byte was read
  TimePoint left{};          ///< when its last byte was; the epoch before
};

/// What the body tells the one that made it, from inside read(): only to note it, not to act.
class BodyObserver {
 public:
  virtual ~BodyObserver() = default;
  /// The body waits for the quota of fragments: resume the exchange at `when`.
  virtual void onPaced(TimePoint when) = 0;
  /// Without acknowledgements: the fragment was sent, and another has begun.
  virtual void onFragmentSent(const SentFragment& /*fragment*/) {}
  /// The last byte was given. `headerChanged`: since the next fragment needs another header.
  virtual void onBodyEnd(bool headerChanged) = 0;
};

/// Used on the loop's thread; takes the stream's lock for itself, once for each read.
class SessionBody final : public net::BodySource {
 public:
  struct Config {
    store::SharedHeader header{};  ///< what it begins with
    store::SharedEpoch epoch{};    ///< whose start the request says
    bool absoluteTimes = true;
    bool acknowledged = true;        ///< else a fragment is done when the next one begins
    std::shared_ptr<BodyTap> tap{};  ///< null: nobody looks on
  };
  enum class Finish {
    no,
    fragment,    ///< end the body behind the fragment that it is in
    complete,    ///< end it behind the last fragment that grows no more
    everything,  ///< end it behind the last fragment that there is now
  };

  /// `sent`: guarded by the store's lock.
  SessionBody(Config config, store::StreamStore& store, SentMedia& sent, FragmentPacer& pacer,
              const Clock& clock, BodyObserver& observer)
      : config_(std::move(config)),
        store_(store),
        media_(sent),
        pacer_(pacer),
        clock_(clock),
        observer_(observer) {}

  net::BodyRead read(std::span<std::byte> room) override;

  /// The service accepted the request: what it sees of times is as it is from now on.
  void accepted();
  void finish(Finish how);
  /// There may be more to read than there was.
  void resume() { isDry_ = false; }

  bool hasEnded() const { return stage_ == Stage::ended; }
  /// All that this session was to send was given: what may be left is the mark, and the end itself.
  bool isEnding();
  /// How long the longest fragment that is not settled is, or has been in coming until now.
  Nanoseconds longestSent() const;

  /// In the order sent, until they are settled.
  const std::deque<SentFragment>& sent() const { return sent_; }
  void settle(store::FragmentId id);

 private:
  enum class Stage {
    header,
    fragments,
    ending,  ///< what is left to give is the mark that closes the last fragment
    ended,
  };
  enum class Step { rendered, block, wait, end };
  Step gather(std::size_t room);
  Step next(std::size_t room, store::Span& block) KVS_REQUIRES(store_.mutex());
  Step atBoundary() KVS_REQUIRES(store_.mutex());
  bool endsHere(const store::Feed::Ahead& ahead) const KVS_REQUIRES(store_.mutex());
  Step end() KVS_REQUIRES(store_.mutex());
  Step closeFragment() KVS_REQUIRES(store_.mutex());
  bool mustEndBefore(const store::Fragment& fragment);
  std::uint64_t timecodeOf(const store::Fragment& fragment, store::Ticks ticks) const;
  Milliseconds timeOf(std::uint64_t timecode) const;
  void render(ByteView bytes) KVS_REQUIRES(store_.mutex());
  void count(std::size_t bytes) KVS_REQUIRES(store_.mutex());
  void enter(const store::FragmentRecord& record) KVS_REQUIRES(store_.mutex());
  void leave(const store::FragmentRecord& record) KVS_REQUIRES(store_.mutex());

  const Config config_;
  store::StreamStore& store_;
  SentMedia& media_ KVS_GUARDED_BY(store_.mutex());
  FragmentPacer& pacer_;
  const Clock& clock_;
  BodyObserver& observer_;
  Finish finish_ = Finish::no;
  Stage stage_ = Stage::header;
  BodyPieces pieces_;
  ShownEpochs shown_;
  bool isDry_ = false;  ///< there was nothing more to read, and nobody has said otherwise since
  bool headerChanged_ = false;
  std::optional<std::uint64_t> greatest_;      ///< of all blocks sent, as it stands on the wire
  std::optional<std::uint64_t> started_;       ///< the newest fragment's; unset where an end tag closed it
  std::optional<store::FragmentId> unclosed_;  ///< the fragment that was left, until something closes it
  std::deque<SentFragment> sent_;
};

}  // namespace kvs::upload
