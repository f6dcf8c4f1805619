// SPDX-License-Identifier: Apache-2.0
// What happens to the fragments of a stream while somebody looks: news go to each subscription. They are
// small values without media, and few: growth is summed up, and who does not take its news in time is told
// that it missed some. So a slow subscriber costs nothing and slows nobody. The store owns it; it lives on
// the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "store/fragment.h"

namespace kvslocal {

/// What is known of a fragment as soon as it has bytes.
struct FragmentBegun {
  std::int64_t streamId = 0;
  std::shared_ptr<const StreamHeader> header;  ///< of its session
  FragmentSummary summary;                     ///< number, timecode, and the tags of its head
  WallTime received;
};

struct FragmentNews {
  enum class Kind : std::uint8_t {
    began,
    grew,      ///< so many bytes of its blocks can be read
    stored,    ///< it is whole, on disk and in the index
    brokeOff,  ///< it will never be whole
    missed,    ///< news were lost: ask the index for what is stored
  };
  Kind kind = Kind::began;
  std::shared_ptr<const FragmentBegun> fragment;  ///< null when some were missed
  std::uint64_t bytes = 0;                        ///< of its blocks that can be read
  std::shared_ptr<const FragmentSummary> whole;   ///< when it is stored
};

class LiveFragments;

/// What one reader of a stream has not taken yet. It ends with this object, and outlives no store.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// All news since the last time.
  std::vector<FragmentNews> take();

 private:
  friend class LiveFragments;
  Subscription(LiveFragments& live, std::int64_t streamId, std::function<void()> wake)
      : live_(live), streamId_(streamId), wake_(std::move(wake)) {}
  void add(const FragmentNews& news);

  LiveFragments& live_;
  std::int64_t streamId_;
  std::function<void()> wake_;
  std::deque<FragmentNews> waiting_;
};

class LiveFragments {
 public:
  /// `wake` is called when there are news and there were none; it may take them, but not unsubscribe. A
  /// fragment that is growing already is news.
  std::unique_ptr<Subscription> subscribe(std::int64_t streamId, std::function<void()> wake);
  [[nodiscard]] bool watched(std::int64_t streamId) const { return subscriptions_.contains(streamId); }

  void began(std::shared_ptr<const FragmentBegun> fragment);
  void grew(const FragmentBegun& fragment, std::uint64_t bytes);
  void stored(const FragmentBegun& fragment, const FragmentSummary& whole);
  void brokeOff(const FragmentBegun& fragment);

 private:
  friend class Subscription;
  void unsubscribe(const Subscription& subscription);
  void end(const FragmentBegun& fragment, FragmentNews::Kind how,
           std::shared_ptr<const FragmentSummary> whole);
  void publish(const FragmentNews& news) const;

  std::multimap<std::int64_t, Subscription*> subscriptions_;  ///< by stream
  std::map<std::uint64_t, FragmentNews> growing_;             ///< by number
};

}  // namespace kvslocal
