// SPDX-License-Identifier: Apache-2.0
// What upload reads: fragment after fragment, in the order in which they are to travel, from one log or from
// several that stand behind it. It may have to fetch what it is asked for, and then says "not yet".
//
// Used on the loop's thread, under the stream's lock; what it does elsewhere is its own business.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "store/fragment_log.h"

namespace kvs::store {

class Feed {
 public:
  virtual ~Feed() = default;

  // --- reading ---

  /// The fragment that the reader is in, or else may enter next.
  struct Ahead {
    FragmentRecord* record = nullptr;  ///< null: there is none to enter now
    bool isToCome = false;             ///< null as yet: something that is held is not ready to be read
  };
  virtual Ahead ahead() = 0;
  virtual bool isInside() const = 0;
  /// Its first byte may leave.
  virtual void enter() = 0;
  /// Up to `maxBytes` that come next in the fragment that the reader is in; pinned, contiguous, and complete
  /// blocks only. Empty where there is nothing more to be had now.
  virtual Span read(std::size_t maxBytes) = 0;
  /// All its blocks were read, and no more will come.
  virtual bool atEndOfFragment() const = 0;
  /// It is wholly sent.
  virtual void leave() = 0;

  // --- sessions ---

  /// What the session may still be given; what comes later is for the next one.
  enum class Until {
    whole,       ///< what does not grow now; where there is nothing else, the one that grows
    everything,  ///< what there is now
  };
  virtual void endBehind(Until until) = 0;
  /// The session is over: see FragmentLog::rewind().
  virtual FragmentLog::Replayed rewind(Nanoseconds replay = Nanoseconds{0}) = 0;

  // --- what stands behind it ---

  /// Oldest media first. One of them is the log that intake writes.
  virtual std::span<FragmentLog* const> logs() const = 0;
  /// What the reader has not passed.
  virtual LogTotals unsent() const = 0;

  /// Who keeps a fragment's record, such as for an acknowledgement; null where nobody does any more.
  FragmentLog* logOf(FragmentId id) const;
  FragmentRecord* find(FragmentId id) const;
  /// The oldest that is neither durable nor given up; null where there is none.
  FragmentRecord* oldest() const;
  LogTotals totals() const;
  bool isEmpty() const { return totals().fragments == 0; }

  /// Who is to come back, after a "not yet", when there is more. Called from any thread, without a lock.
  void onMore(std::function<void()> more) { more_ = std::move(more); }

 protected:
  void more() const {
    if (more_) more_();
  }

 private:
  std::function<void()> more_;
};

/// What upload reads, where that is not the log alone. It reports losses of its own as the log does.
using MakeFeed = std::function<std::unique_ptr<Feed>(FragmentLog& live, FragmentLog::OnLost onLost)>;

}  // namespace kvs::store
