// SPDX-License-Identifier: Apache-2.0
// Who may connect now. After an outage a thousand streams want the same host at once: each look-up
// would be a thread of libcurl's resolver, each handshake a stretch of CPU on the loop. So only a few
// are between start and TLS done, and of one host only one is being resolved: the next ones find the
// answer in the DNS cache. Pure: no clock, no socket. Hosts take turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kvs::net {

class ConnectGate {
 public:
  using Id = std::uint64_t;
  static constexpr std::size_t kPlaces = 8;

  explicit ConnectGate(std::size_t places = kPlaces) : places_(places) {}

  /// Queues `id`, which must be new, for `host` (any text that names what is resolved).
  void enter(Id id, std::string_view host);
  /// The next one that may start; it takes a place until leave(). Nothing when none may.
  std::optional<Id> admit();
  /// The host of `id` has an address: another one of this host may start.
  void resolved(Id id);
  /// `id` is connected, has failed, or is cancelled, also while it waits. Unknown ids are ignored.
  void leave(Id id);

  std::size_t inside() const { return inside_; }
  std::size_t waiting() const { return members_.size() - inside_; }

 private:
  struct Host {
    std::list<Id> waiting;
    std::optional<Id> resolving;
    bool hasTurn = false;     // stands in turns_
    std::size_t members = 0;  // waiting or inside
  };
  using HostEntry = std::map<std::string, Host, std::less<>>::iterator;
  struct Member {
    HostEntry host;
    std::list<Id>::iterator position;  // while waiting
    bool inside = false;
  };
  void giveTurn(HostEntry host);
  void dropIfUnused(HostEntry host);

  std::size_t places_;
  std::size_t inside_ = 0;
  std::map<std::string, Host, std::less<>> hosts_;
  std::unordered_map<Id, Member> members_;
  std::deque<HostEntry> turns_;  // hosts that may have someone to start
};

}  // namespace kvs::net
