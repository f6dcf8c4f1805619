// SPDX-License-Identifier: Apache-2.0
#include "upload/dump.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/mutex.h"
#include "net/fd.h"
#include "net/loop.h"

namespace kvs::upload {

namespace {

constexpr unsigned lastNumber = 999'999;

std::string reasonOf(int error) {
  return std::system_category().message(error);
}

Error dumpError(std::string message) {
  return {StatusCode::invalidArg, ErrorKind::fatal, std::move(message)};
}

}  // namespace

/// What a stream's files share. Used on the worker.
class Dump::Place {
 public:
  Place(std::string folder, std::string stream, Told told)
      : folder_(std::move(folder)), stream_(std::move(stream)), told_(std::move(told)) {}

  void tell(std::string message) const { told_(dumpError(std::move(message))); }

  /// Nothing where there can be none; that is said once.
  net::Fd open(std::string& path) {
    int error = EEXIST;
    for (; error == EEXIST && next_ <= lastNumber; ++next_) {
      path = folder_ + "/" + stream_ + "_" + std::to_string(next_) + ".mkv";
      net::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
      if (file) return ++next_, std::move(file);
      error = errno;
      if (error != EEXIST) break;
    }
    if (!std::exchange(failed_, true)) {
      tell("What is sent cannot be copied to " + path + ": " + reasonOf(error) +
           ". The folder (dump-dir, KVS_DEBUG_DUMP_DATA_FILE_DIR) must exist and be writable; it is not made "
           "here.");
    }
    return {};
  }

 private:
  const std::string folder_;
  const std::string stream_;
  const Told told_;
  unsigned next_ = 0;
  bool failed_ = false;
};

/// One file, held by the session and by the worker's tasks.
class Dump::File : public std::enable_shared_from_this<Dump::File> {
 public:
  File(std::shared_ptr<Place> place, std::size_t mostWaiting)
      : place_(std::move(place)), mostWaiting_(mostWaiting), worker_(net::Loop::worker()) {}

  /// Any thread.
  void add(ByteView bytes) {
    bool first = false;
    bool cutNow = false;
    {
      const Lock lock(mutex_);
      if (cut_) return;
      cut_ = waiting_.size() + bytes.size() > mostWaiting_;
      cutNow = cut_;
      first = waiting_.empty();
      if (!cut_) waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    }
    if (cutNow) return post(&File::tellCut);
    if (first) post(&File::write);
  }

  /// No more bytes come. Closing a file may take long, too.
  void finish() { post(&File::close); }

 private:
  void post(void (File::*task)()) {
    worker_->post([self = shared_from_this(), task] { (*self.*task)(); });
  }

  void write() {
    Bytes bytes;
    {
      const Lock lock(mutex_);
      bytes.swap(waiting_);
    }
    if (bytes.empty()) return;
    if (!std::exchange(opened_, true)) file_ = place_->open(path_);
    std::size_t offset = 0;
    while (file_ && offset < bytes.size()) {
      const ssize_t count = ::write(file_.get(), bytes.data() + offset, bytes.size() - offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(reasonOf(errno));
      offset += static_cast<std::size_t>(count);
      written_ += static_cast<std::uint64_t>(count);
    }
  }

  void fail(const std::string& reason) {
    file_ = {};
    place_->tell("The copy " + path_ + " ends after " + std::to_string(written_) + " bytes: " + reason +
                 ". The stream itself continues.");
  }

  void close() {
    write();
    file_ = {};
  }

  void tellCut() {
    write();
    if (file_) fail("it could not be written as fast as the stream is sent");
  }

  const std::shared_ptr<Place> place_;
  const std::size_t mostWaiting_;
  const std::shared_ptr<net::Loop> worker_;

  Mutex mutex_{"dump"};
  Bytes waiting_ KVS_GUARDED_BY(mutex_);
  bool cut_ KVS_GUARDED_BY(mutex_) = false;

  // The worker's.
  bool opened_ = false;
  net::Fd file_;
  std::string path_;
  std::uint64_t written_ = 0;
};

class Dump::Session final : public BodyTap {
 public:
  explicit Session(std::shared_ptr<File> file) : file_(std::move(file)) {}
  ~Session() override { file_->finish(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  void taken(ByteView bytes) override { file_->add(bytes); }

 private:
  const std::shared_ptr<File> file_;
};

Dump::Dump(std::string folder, std::string stream, Told told, std::size_t mostWaiting)
    : place_(std::make_shared<Place>(std::move(folder), std::move(stream), std::move(told))),
      mostWaiting_(mostWaiting) {}

std::shared_ptr<BodyTap> Dump::newSession() const {
  return std::make_shared<Session>(std::make_shared<File>(place_, mostWaiting_));
}

}  // namespace kvs::upload
