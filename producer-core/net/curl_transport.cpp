// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transport.h"

#include <pthread.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/immortal.h"
#include "net/curl_engine.h"
#include "net/curl_transfer.h"

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

std::shared_ptr<CurlTransport> CurlTransport::shared(const TransportOptions& options) {
  struct Slot {
    std::mutex mutex;  // held across fork(), so that a child finds it free
    std::vector<std::weak_ptr<CurlTransport>> transports;
  };
  static Immortal<Slot> slot;
  [[maybe_unused]] static const int registered =
      pthread_atfork([] { slot->mutex.lock(); }, [] { slot->mutex.unlock(); }, [] { slot->mutex.unlock(); });
  auto loop = Loop::shared();
  const std::lock_guard lock(slot->mutex);
  std::erase_if(slot->transports, [](const auto& entry) { return entry.expired(); });
  for (const auto& entry : slot->transports) {
    auto transport = entry.lock();
    // A forked child has another loop; what it inherited is not its own.
    if (transport && transport->loop_ == loop && transport->engine_->options() == options) return transport;
  }
  auto transport = std::make_shared<CurlTransport>(std::move(loop), options);
  slot->transports.push_back(transport);
  return transport;
}

std::unique_ptr<Exchange> CurlTransport::start(Request request, ExchangeListener& listener) {
  used_ = true;
  auto transfer = std::make_shared<CurlTransfer>(engine_, std::move(request), listener);
  transfer->start();
  return std::make_unique<CurlExchange>(std::move(transfer));
}

}  // namespace kvs::net
