// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "aws/credentials/check.h"
#include "aws/credentials/pending.h"
#include "net/fd.h"

namespace kvs::aws {
namespace {

using FileText = Result<WipingString>;

tl::unexpected<Error> unreadable(const std::string& path, int error) {
  const std::string why = path + " cannot be read (" + std::system_category().message(error) + ")";
  return error == ENOENT || error == ENOTDIR ? notConfigured(why) : sourceFailed(why);
}

FileText readWhole(const net::Fd& file, const std::string& path) {
  WipingString text;
  text.resize(maxCredentialFile + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > maxCredentialFile) return sourceFailed(path + " is longer than 256 KiB");
  text.resize(size);
  return text;
}

FileText readFile(const std::string& path) {
  // Without waiting: a pipe of that name would hold up the worker for ever.
  const net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return unreadable(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) return sourceFailed(path + " is not a regular file");
  return readWhole(file, path);
}

class WorkerFiles final : public FileReader {
 public:
  explicit WorkerFiles(std::shared_ptr<net::Loop> loop) : loop_(std::move(loop)) {}

  CallHandle read(std::string path, Callback callback) override {
    auto pending = std::make_shared<Pending<FileText>>(std::move(callback));
    auto handle = std::make_unique<PendingCall<FileText>>(pending);
    const auto worker = net::Loop::worker();
    if (const auto started = worker->start(); !started) {
      loop_->post([pending, why = started.error().message] { pending->answer(sourceFailed(why)); });
      return handle;
    }
    worker->post([worker, loop = loop_, pending = std::move(pending), path = std::move(path)]() mutable {
      auto text = std::make_shared<FileText>(readFile(path));
      net::Loop& target = *loop;
      // Moved, so that the callback never goes here.
      target.post([pending = std::move(pending), text] { pending->answer(std::move(*text)); });
    });
    return handle;
  }

 private:
  std::shared_ptr<net::Loop> loop_;
};

}  // namespace

std::shared_ptr<FileReader> workerFiles(std::shared_ptr<net::Loop> loop) {
  return std::make_shared<WorkerFiles>(std::move(loop));
}

}  // namespace kvs::aws
