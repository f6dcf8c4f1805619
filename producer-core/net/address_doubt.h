// SPDX-License-Identifier: Apache-2.0
// Which hosts' addresses are doubtful: libcurl keeps an address for a minute, also one where nobody answers
// any more, and a service that has moved would not be found again for so long. A host that could not be
// connected to is looked up anew, but not by each of a thousand streams. Pure: no clock, no socket.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kvs::net {

class AddressDoubt {
 public:
  static constexpr Milliseconds kPause{1000};  ///< between two look-ups of one host for that reason

  /// No connection to `host` ("host:port") came about.
  void failed(std::string_view host) { hosts_[std::string(host)].doubtful = true; }

  /// Whether the next connection to `host` shall forget the address; asked once for each connection.
  bool forget(std::string_view host, TimePoint now) {
    const auto found = hosts_.find(host);
    if (found == hosts_.end() || !found->second.doubtful) return false;
    auto& [doubtful, forgotten] = found->second;
    if (forgotten && now - *forgotten < kPause) return false;
    doubtful = false;
    forgotten = now;
    return true;
  }

 private:
  struct Host {
    bool doubtful = false;
    std::optional<TimePoint> forgotten;
  };
  std::map<std::string, Host, std::less<>> hosts_;
};

}  // namespace kvs::net
