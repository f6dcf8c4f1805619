// SPDX-License-Identifier: Apache-2.0
// Which session sends to which stream: one at a time. Used on the loop's thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "service/media_session.h"

namespace kvslocal {

class SessionTable {
 public:
  /// The stream's session; null if it has none.
  [[nodiscard]] std::shared_ptr<MediaSession> find(const std::string& stream) const;
  void enter(const std::string& stream, const std::shared_ptr<MediaSession>& session);
  /// Nothing happens if another session has entered since.
  void leave(const std::string& stream, const MediaSession& session);

 private:
  std::map<std::string, std::weak_ptr<MediaSession>> sessions_;
};

}  // namespace kvslocal
