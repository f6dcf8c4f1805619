// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transport.h"

#include <utility>
#include <vector>

#include "base/of_process.h"
#include "net/curl_call.h"
#include "net/curl_engine.h"
#include "net/upload.h"

namespace kvs::net {

namespace {
class CurlExchange final : public Exchange {
 public:
  explicit CurlExchange(std::shared_ptr<CurlTransfer> transfer) : transfer_(std::move(transfer)) {}
  ~CurlExchange() override { transfer_->abandon(); }
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  void resume() override { transfer_->resume(); }
  void holdAnswer() override { transfer_->holdAnswer(); }
  void resumeAnswer() override { transfer_->resumeAnswer(); }
  std::uint64_t bytesSent() const override { return transfer_->bytesSent(); }

 private:
  const std::shared_ptr<CurlTransfer> transfer_;
};
}  // namespace

CurlTransport::CurlTransport(std::shared_ptr<Loop> loop, TransportOptions options)
    : loop_(std::move(loop)), engine_(std::make_shared<CurlEngine>(loop_, std::move(options))) {}

CurlTransport::~CurlTransport() {
  // libcurl's handles end where they lived; one that never lived needs no thread started for it.
  if (used_) loop_->post([engine = std::move(engine_)] {});
}

/// The process's transports that are in use.
class CurlTransport::Shared {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }

  std::shared_ptr<CurlTransport> find(std::shared_ptr<Loop> loop, const TransportOptions& options)
      KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    std::erase_if(all_, [](const auto& entry) { return entry.expired(); });
    for (const auto& entry : all_) {
      auto transport = entry.lock();
      // A forked child has another loop; what it inherited is not its own.
      if (transport && transport->loop_ == loop && transport->engine_->options() == options) return transport;
    }
    auto transport = std::make_shared<CurlTransport>(std::move(loop), options);
    all_.push_back(transport);
    return transport;
  }

 private:
  Mutex mutex_{"shared transports"};
  std::vector<std::weak_ptr<CurlTransport>> all_ KVS_GUARDED_BY(mutex_);
};

std::shared_ptr<CurlTransport> CurlTransport::shared(const TransportOptions& options) {
  auto loop = Loop::shared();
  return ofProcess<Shared>().find(std::move(loop), options);
}

std::unique_ptr<Exchange> CurlTransport::start(Request request, ExchangeListener& listener) {
  used_ = true;
  std::shared_ptr<CurlTransfer> transfer;
  if (request.source) {
    transfer = std::make_shared<Upload>(engine_, std::move(request), listener);
  } else {
    transfer = std::make_shared<CurlCall>(engine_, std::move(request), listener);
  }
  transfer->start();
  return std::make_unique<CurlExchange>(std::move(transfer));
}

}  // namespace kvs::net
