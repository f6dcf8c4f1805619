// SPDX-License-Identifier: Apache-2.0
#include "net/curl_engine.h"

#include <utility>

#include "net/curl_transfer.h"

namespace kvs::net {

namespace {
CaPlaces caPlaces(const TransportOptions& options) {
  CaPlaces places{{}, options.caPathName};
  if (!options.caPath.empty()) places.paths = {options.caPath};
  places.paths.insert(places.paths.end(), options.moreCaPaths.begin(), options.moreCaPaths.end());
  return places;
}
}  // namespace

CurlEngine::CurlEngine(const std::shared_ptr<Loop>& loop, TransportOptions options)
    : loop_(*loop),
      options_(std::move(options)),
      trust_(std::make_shared<Trust>(loop, caPlaces(options_))),
      share_((initCurl(), curl_share_init())),
      multi_(*loop, *this) {
  // No lock functions: all handles of this share live on one thread.
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

CurlEngine::~CurlEngine() = default;

void CurlEngine::enterGate(std::shared_ptr<CurlTransfer> transfer) {
  const ConnectGate::Id id = transfer->id();
  gate_.enter(id, transfer->place().text());
  waiting_.emplace(id, std::move(transfer));
  loop_.wake(*this);
}

void CurlEngine::resolved(const CurlTransfer& transfer) {
  gate_.resolved(transfer.id());
  loop_.wake(*this);
}

void CurlEngine::leaveGate(const CurlTransfer& transfer) {
  gate_.leave(transfer.id());
  waiting_.erase(transfer.id());
  if (gate_.waiting() > 0) loop_.wake(*this);
}

void CurlEngine::wantResume(std::shared_ptr<CurlTransfer> transfer) {
  resumed_.push_back(std::move(transfer));
  loop_.wake(*this);
}

void CurlEngine::wantDeliver(std::shared_ptr<CurlTransfer> transfer) {
  news_.push_back(std::move(transfer));
  if (!multi_.insideCurl()) loop_.wake(*this);  // else the action's end sees to it
}

void CurlEngine::wantClose(std::shared_ptr<CurlTransfer> transfer) {
  if (!multi_.insideCurl()) return transfer->close();
  closing_.push_back(std::move(transfer));
}

void CurlEngine::onReady() {
  aboutToRun_ = true;
  admit();
  for (const auto& transfer : std::exchange(resumed_, {}))
    transfer->unpause();
  aboutToRun_ = false;
  if (std::exchange(timeoutsDue_, false)) {
    multi_.runTimeouts();  // settles
  } else {
    settle();
  }
}

void CurlEngine::admit() {
  while (const auto id = gate_.admit()) {
    auto node = waiting_.extract(*id);
    if (!node.empty()) node.mapped()->begin();
  }
}

void CurlEngine::onWants(CURL* easy, curl_socket_t fd, int what) noexcept {
  if (CurlTransfer* transfer = CurlTransfer::of(easy)) transfer->onWants(fd, what);
}

void CurlEngine::onTimeoutsDue() noexcept {
  timeoutsDue_ = true;
  if (!aboutToRun_) loop_.wake(*this);
}

void CurlEngine::onDone(CURL* easy, CURLcode code) {
  if (CurlTransfer* transfer = CurlTransfer::of(easy)) transfer->onDone(code);
}

void CurlEngine::onActionEnd() {
  settle();
}

void CurlEngine::settle() {
  // The last transfer may go here, and the engine with it.
  const auto keep = shared_from_this();
  for (const auto& transfer : std::exchange(closing_, {}))
    transfer->close();
  for (const auto& transfer : std::exchange(news_, {}))
    transfer->deliver();
}

}  // namespace kvs::net
