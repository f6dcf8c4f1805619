// SPDX-License-Identifier: Apache-2.0
// Changes of streams, those of one stream one at a time: what a change asks for depends on what became of the
// one before it, which only the disk decides. Used on the loop's thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

namespace kvslocal {

class ChangeQueue {
 public:
  /// Begins the change now, or when those of the same stream that came before it have left.
  void enter(const std::string& stream, std::function<void()> change);
  /// Each change calls this once, when it is settled.
  void leave(const std::string& stream);

 private:
  void beginNext(const std::string& stream);

  std::map<std::string, std::deque<std::function<void()>>> waiting_;  ///< behind the one that is under way
  std::deque<std::string> left_;                                      ///< streams whose next change may begin
  bool beginning_ = false;
};

}  // namespace kvslocal
