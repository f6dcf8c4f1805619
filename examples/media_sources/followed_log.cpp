// SPDX-License-Identifier: Apache-2.0
#include "followed_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "wait.h"

namespace example {

namespace {

constexpr std::chrono::milliseconds lookEvery{100};
constexpr std::size_t longestLine = 1 << 20;  // what is longer is sent in pieces

/// The file under a name, open as long as it has that name, so that its last lines are read, too.
class GrowingFile {
 public:
  GrowingFile(const std::string& path, bool fromEnd) : path_(path) {
    if (open() && fromEnd) lseek(file_, 0, SEEK_END);
  }
  ~GrowingFile() { close(); }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  /// Appends what has come since.
  void readOn(std::string& text) {
    read(text);
    struct stat named {};
    const bool exists = stat(path_.c_str(), &named) == 0;
    if (exists && (file_ < 0 || named.st_ino != inode_) && open()) read(text);
  }

 private:
  bool open() {
    close();
    file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat opened {};
    if (file_ >= 0 && fstat(file_, &opened) == 0) inode_ = opened.st_ino;
    return file_ >= 0;
  }
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }
  void read(std::string& text) {
    if (file_ < 0) return;
    struct stat now {};
    if (fstat(file_, &now) == 0 && now.st_size < lseek(file_, 0, SEEK_CUR)) lseek(file_, 0, SEEK_SET);  // cut
    char some[4096];
    for (ssize_t got = 0; (got = ::read(file_, some, sizeof some)) > 0;)
      text.append(some, static_cast<std::size_t>(got));
  }

  const std::string path_;
  int file_ = -1;
  ino_t inode_ = 0;
};

/// The first whole line, without its end; of a longer one, its first piece.
std::optional<std::string> takeLine(std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos && text.size() < longestLine) return std::nullopt;
  const std::size_t size = std::min(end, longestLine);
  std::string line = text.substr(0, size);
  text.erase(0, size == end ? size + 1 : size);
  return line;
}

}  // namespace

kvs::MediaSourceInfo FollowedLog::info() const {
  kvs::TrackFormat format;
  format.codec = kvs::media::Codec::other;
  format.codecId = "S_TEXT/UTF8";
  format.contentType = "text/plain";
  format.name = "log";
  kvs::MediaSourceInfo info;
  info.stream.name = streamName_;
  info.tracks.push_back({.kind = kvs::TrackKind::data, .format = format});
  return info;
}

kvs::Result<void> FollowedLog::run(kvs::MediaSink& sink, std::stop_token stop) {
  GrowingFile file(path_, from_ == From::end);
  const auto begun = std::chrono::steady_clock::now();
  std::string text;
  for (bool isLast = false; !isLast;) {
    isLast = stop.stop_requested();  // what was written before that is read
    file.readOn(text);
    while (const auto line = takeLine(text)) {
      if (line->empty()) continue;
      const kvs::ByteView payload[] = {std::as_bytes(std::span(*line))};
      const kvs::Nanoseconds time = std::chrono::steady_clock::now() - begun;
      const auto put = sink.frame({.pts = time, .key = true, .payload = payload});
      if (!put) return kvs::fail(put.error());
    }
    waitUntil(std::chrono::steady_clock::now() + lookEvery, stop);
  }
  return {};
}

}  // namespace example
