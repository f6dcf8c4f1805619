// SPDX-License-Identifier: Apache-2.0
// libcurl's multi handle turned by a Loop: curl_multi_socket_action over the loop's epoll, libcurl's
// one timer as a deadline of the loop. What libcurl asks of epoll is collected and applied
// once after each action.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "net/curl_handle.h"
#include "net/loop.h"

namespace kvs::net {

class CurlMulti {
 public:
  /// Hears what libcurl tells. All calls come on the loop's thread.
  class Delegate {
   public:
    virtual ~Delegate() = default;
    /// libcurl asks to be run soon: call runTimeouts() from the loop. May be called inside libcurl.
    virtual void onTimeoutsDue() noexcept = 0;
    virtual void onDone(CURL* easy, CURLcode code) = 0;
    /// After each action, outside libcurl, when all of the above was told. The CurlMulti may be
    /// destroyed in it.
    virtual void onActionEnd() = 0;
  };

  CurlMulti(Loop& loop, Delegate& delegate);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  CURLMcode add(CURL* easy);
  /// Not while insideCurl().
  void remove(CURL* easy);
  /// An action is running: handles must not be added or removed, and onActionEnd() follows.
  bool insideCurl() const { return inside_; }
  /// How many were added and not removed.
  std::size_t handles() const { return handles_; }
  /// Whether runTimeouts() was asked for since it ran last.
  bool isDue() const { return due_; }
  /// Runs every transfer whose time has come, those just added or unpaused among them.
  void runTimeouts();

  /// Makes `easy` close its sockets through this object, which must know of it.
  void adoptSocketsOf(CURL* easy);

 private:
  struct Socket {
    std::uint32_t wanted = 0;
    std::uint32_t applied = 0;
    bool dirty = false;
  };

  static int socketCallback(CURL* easy, curl_socket_t fd, int what, void* self, void*) noexcept;
  static int timerCallback(CURLM*, long timeoutMs, void* self) noexcept;
  static int closeCallback(void* self, curl_socket_t fd) noexcept;

  void want(curl_socket_t fd, std::uint32_t events);
  void forget(curl_socket_t fd);
  void setTimer(long timeoutMs);
  void act(curl_socket_t fd, int mask);
  void socketAction(curl_socket_t fd, int mask);
  void applyWatches();
  void apply(curl_socket_t fd, Socket& socket);
  void readMessages();

  Loop& loop_;
  Delegate& delegate_;
  std::unordered_map<curl_socket_t, Socket> sockets_;
  std::vector<curl_socket_t> dirty_;
  Loop::TimerId timer_ = 0;
  std::size_t handles_ = 0;
  bool due_ = false;
  bool inside_ = false;
  CurlMultiHandle multi_;  // destroyed first: it still closes sockets
};

}  // namespace kvs::net
