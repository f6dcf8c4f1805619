// SPDX-License-Identifier: Apache-2.0
#include "service/session_table.h"

namespace kvslocal {

std::shared_ptr<MediaSession> SessionTable::find(const std::string& stream) const {
  const auto found = sessions_.find(stream);
  return found == sessions_.end() ? nullptr : found->second.lock();
}

void SessionTable::enter(const std::string& stream, const std::shared_ptr<MediaSession>& session) {
  sessions_[stream] = session;
}

void SessionTable::leave(const std::string& stream, const MediaSession& session) {
  const auto found = sessions_.find(stream);
  if (found != sessions_.end() && found->second.lock().get() == &session) sessions_.erase(found);
}

}  // namespace kvslocal
