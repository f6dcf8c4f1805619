// SPDX-License-Identifier: Apache-2.0
#include "net/connected_socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kvs::net {

namespace {
constexpr std::size_t kMostParts = 64;      // in one call
constexpr std::size_t kRecord = 16 * 1024;  // of TLS
constexpr std::size_t kWritable = kMostUnsent / 2;

/// The kernel has refused, or has no more for the moment: errno says which.
void fail(ConnectedSocket::Moved& moved, CURLcode code) {
  const bool wait = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  moved.code = wait ? CURLE_AGAIN : code;
  moved.osError = wait ? 0 : errno;
}

/// The first bytes of `parts`, as many as there is room for; how many they are.
std::size_t gather(std::span<const ByteView> parts, std::size_t skipped, std::span<std::byte> room) {
  std::size_t filled = 0;
  for (ByteView part : parts) {
    const std::size_t before = std::min(skipped, part.size());
    skipped -= before;
    part = part.subspan(before);
    const std::size_t taken = std::min(part.size(), room.size() - filled);
    if (taken > 0) std::memcpy(room.data() + filled, part.data(), taken);
    filled += taken;
  }
  return filled;
}
}  // namespace

ConnectedSocket::ConnectedSocket(CURL* easy, bool secure) : easy_(easy), secure_(secure) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK) fd_ = fd;
}

ConnectedSocket::Moved ConnectedSocket::send(std::span<const ByteView> parts) {
  const Moved moved = secure_ ? sendSecure(parts) : sendPlain(parts);
  allowance_ -= std::min(allowance_, moved.bytes);
  return moved;
}

ConnectedSocket::Moved ConnectedSocket::sendPlain(std::span<const ByteView> parts) {
  Moved moved;
  while (!parts.empty()) {
    std::array<iovec, kMostParts> vectors;
    const auto some = parts.first(std::min(parts.size(), kMostParts));
    std::ranges::transform(some, vectors.begin(), [](ByteView part) {
      return iovec{const_cast<std::byte*>(part.data()), part.size()};
    });
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = some.size();
    const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      fail(moved, CURLE_SEND_ERROR);
      return moved;
    }
    moved.bytes += static_cast<std::size_t>(sent);
    if (static_cast<std::size_t>(sent) < totalSize(some)) {
      moved.code = CURLE_AGAIN;
      return moved;
    }
    parts = parts.subspan(some.size());
  }
  return moved;
}

ConnectedSocket::Moved ConnectedSocket::sendSecure(std::span<const ByteView> parts) {
  Moved moved;
  const std::size_t all = totalSize(parts);
  while (moved.code == CURLE_OK && moved.bytes < all) {
    // Gathered, so that a frame and its framing are one record.
    std::array<std::byte, kRecord> record;
    const std::size_t size = gather(parts, moved.bytes, record);
    std::size_t sent = 0;
    moved.code = curl_easy_send(easy_, record.data(), size, &sent);
    if (moved.code == CURLE_OK) moved.bytes += sent;
  }
  return moved;
}

ConnectedSocket::Moved ConnectedSocket::receive(std::span<std::byte> room) {
  Moved moved;
  if (secure_ || !std::exchange(used_, true)) {
    moved.code = curl_easy_recv(easy_, room.data(), room.size(), &moved.bytes);
    return moved;
  }
  const ssize_t came = ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
  if (came >= 0) {
    moved.bytes = static_cast<std::size_t>(came);
  } else {
    fail(moved, CURLE_RECV_ERROR);
  }
  return moved;
}

bool ConnectedSocket::hasRoom() {
  if (allowance_ > 0) return true;
  int unsent = 0;
  if (::ioctl(fd_, SIOCOUTQNSD, &unsent) != 0) return true;  // then the send itself shows it
  allowance_ = kWritable - std::min(kWritable, static_cast<std::size_t>(std::max(unsent, 0)));
  return allowance_ > 0;
}

}  // namespace kvs::net
