// SPDX-License-Identifier: Apache-2.0
#include "net/curl_multi.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <utility>

namespace kvs::net {

namespace {
std::uint32_t epollEvents(int what) {
  std::uint32_t events = 0;
  if (what != CURL_POLL_REMOVE && (what & CURL_POLL_IN)) events |= EPOLLIN;
  if (what != CURL_POLL_REMOVE && (what & CURL_POLL_OUT)) events |= EPOLLOUT;
  return events;
}

int curlMask(std::uint32_t events) {
  int mask = 0;
  if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
  // Reading and writing tell the reason of an error; CURL_CSELECT_ERR alone would hide it.
  if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
  return mask;
}

}  // namespace

CurlMulti::CurlMulti(Loop& loop, Delegate& delegate)
    : loop_(loop), delegate_(delegate), multi_((initCurl(), curl_multi_init())) {
  CURLM* multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socketCallback);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlMulti::timerCallback);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlMulti::~CurlMulti() {
  multi_.reset();
  loop_.cancel(timer_);
  for (const auto& [fd, socket] : sockets_)
    loop_.watch(fd, 0);
}

CURLMcode CurlMulti::add(CURL* easy) {
  const CURLMcode added = curl_multi_add_handle(multi_.get(), easy);
  if (added == CURLM_OK) ++handles_;
  return added;
}

void CurlMulti::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  --handles_;
  applyWatches();
}

void CurlMulti::runTimeouts() {
  loop_.cancel(std::exchange(timer_, 0));
  due_ = false;
  act(CURL_SOCKET_TIMEOUT, 0);
}

void CurlMulti::adoptSocketsOf(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlMulti::closeCallback);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlMulti::act(curl_socket_t fd, int mask) {
  socketAction(fd, mask);
  applyWatches();
  readMessages();
  delegate_.onActionEnd();
}

void CurlMulti::socketAction(curl_socket_t fd, int mask) {
  int running = 0;
  inside_ = true;
  curl_multi_socket_action(multi_.get(), fd, mask, &running);
  inside_ = false;
}

int CurlMulti::socketCallback(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
  static_cast<CurlMulti*>(self)->want(fd, epollEvents(what));
  return 0;
}

int CurlMulti::timerCallback(CURLM*, long timeoutMs, void* self) noexcept {
  static_cast<CurlMulti*>(self)->setTimer(timeoutMs);
  return 0;
}

int CurlMulti::closeCallback(void* self, curl_socket_t fd) noexcept {
  static_cast<CurlMulti*>(self)->forget(fd);
  return ::close(fd);
}

void CurlMulti::forget(curl_socket_t fd) {
  // At once: libcurl may close it next, and open another socket that gets the same number.
  loop_.watch(fd, 0);
  sockets_.erase(fd);  // its place in dirty_ is harmless
}

void CurlMulti::setTimer(long timeoutMs) {
  loop_.cancel(std::exchange(timer_, 0));
  if (timeoutMs == 0) {
    due_ = true;
    delegate_.onTimeoutsDue();
  } else if (timeoutMs > 0) {
    timer_ = loop_.at(loop_.clock().now() + Milliseconds(timeoutMs), [this] {
      timer_ = 0;
      runTimeouts();
    });
  }
}

void CurlMulti::want(curl_socket_t fd, std::uint32_t events) {
  if (events == 0) return forget(fd);
  Socket& socket = sockets_[fd];
  socket.wanted = events;
  if (!std::exchange(socket.dirty, true)) dirty_.push_back(fd);
}

void CurlMulti::applyWatches() {
  for (const curl_socket_t fd : std::exchange(dirty_, {})) {
    const auto found = sockets_.find(fd);
    if (found != sockets_.end()) apply(fd, found->second);
  }
}

void CurlMulti::apply(curl_socket_t fd, Socket& socket) {
  socket.dirty = false;
  if (socket.wanted == socket.applied) return;
  if (socket.applied != 0) {
    loop_.watch(fd, socket.wanted);
  } else {
    loop_.watch(fd, socket.wanted, [this, fd](std::uint32_t events) { act(fd, curlMask(events)); });
  }
  socket.applied = socket.wanted;
}

void CurlMulti::readMessages() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) delegate_.onDone(message->easy_handle, message->data.result);
  }
}

}  // namespace kvs::net
