// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transfer.h"

#include <openssl/crypto.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/curl_options.h"

namespace kvs::net {

CurlTransfer::CurlTransfer(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener)
    : engine_(std::move(engine)), request_(std::move(request)), listener_(&listener) {}

/// Session tokens and the like travel in headers, a web identity's in the body.
CurlTransfer::~CurlTransfer() {
  for (Header& header : request_.headers)
    OPENSSL_cleanse(header.value.data(), header.value.size());
  OPENSSL_cleanse(request_.body.data(), request_.body.size());
}

// --- what the exchange asks for ---

void CurlTransfer::start() {
  auto place = placeOf(request_.url);
  if (!place) return end(fail(place.error()));
  place_ = std::move(*place);
  if (!place_.https || bringsAuthorities(request_)) return engine_->enterGate(shared_from_this());
  engine_->trust().whenLoaded([self = shared_from_this()](const Result<void>& loaded) {
    if (!self->listener_) return;
    if (!loaded) return self->end(loaded);
    self->engine_->enterGate(self);
  });
}

void CurlTransfer::abandon() {
  listener_ = nullptr;
  request_.source = nullptr;
  engine_->wantClose(shared_from_this());
}

// --- what the engine asks for ---

void CurlTransfer::begin() {
  if (!listener_) return engine_->leaveGate(*this);
  if (const auto prepare = std::exchange(request_.prepare, {})) {
    const auto prepared = prepare(request_);
    if (!listener_) return;  // destroyed meanwhile
    if (!prepared) return end(fail(prepared.error()));
  }
  easy_.reset(curl_easy_init());
  CURLcode set = easy_ ? setConnectionOptions(easy_.get(), *this, *engine_, request_) : CURLE_OUT_OF_MEMORY;
  if (set == CURLE_OK) set = curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, errorText_.data());
  if (set == CURLE_OK) set = forgetDoubtfulAddress();
  if (set == CURLE_OK) set = setOwnOptions();
  if (set != CURLE_OK) return end(fail(failureOf(set)));
  CurlMulti& multi = chooseMulti();
  multi.adoptSocketsOf(easy_.get());
  if (multi.add(easy_.get()) != CURLM_OK) return end(fail(failureOf(CURLE_OUT_OF_MEMORY)));
  multi_ = &multi;
}

CURLcode CurlTransfer::forgetDoubtfulAddress() {
  if (!engine_->doubt().forget(place_.text(), engine_->loop().clock().now())) return CURLE_OK;
  if (!append(resolve_, WipingString("-").append(place_.text()))) return CURLE_OUT_OF_MEMORY;
  return curl_easy_setopt(easy_.get(), CURLOPT_RESOLVE, resolve_.get());
}

curl_socket_t CurlTransfer::openSocket(const curl_sockaddr& address) {
  engine_->resolved(*this);
  socketAsked_ = true;
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  socketError_ = fd < 0 ? errno : 0;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

void CurlTransfer::deliver() {
  newsQueued_ = false;
  const ResponseHead* head = finalHead();
  if (head && listener_ && !std::exchange(headDelivered_, true)) listener_->onHead(*head);
  if (listener_ && !deliverBody()) return;
  if (!listener_ || !end_ || std::exchange(endDelivered_, true)) return;
  close();
  listener_->onEnd(*end_);
}

void CurlTransfer::close() {
  engine_->leaveGate(*this);
  onClose();
  request_.source = nullptr;
  if (!easy_) return;
  if (multi_) std::exchange(multi_, nullptr)->remove(easy_.get());
  easy_.reset();
  resolve_.reset();
}

// --- what the kinds report ---

void CurlTransfer::connected() {
  connected_ = true;
  engine_->leaveGate(*this);
}

void CurlTransfer::end(Result<void> result) {
  if (end_) return;
  end_ = std::move(result);
  news();
}

void CurlTransfer::endWith(CURLcode code) {
  if (!connected_) engine_->doubt().failed(place_.text());
  end(fail(failureOf(code)));
}

void CurlTransfer::news() {
  if (!std::exchange(newsQueued_, true)) engine_->wantDeliver(shared_from_this());
}

Error CurlTransfer::failureOf(CURLcode code, int osError) const {
  if (socketError_ == EMFILE || socketError_ == ENFILE) return outOfDescriptors(place_);
  long connectError = 0;
  long proxyStatus = 0;
  if (easy_) curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &proxyStatus);
  if (easy_ && code == CURLE_COULDNT_CONNECT)
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &connectError);
  return explain({.code = code,
                  .detail = errorText_.data(),
                  .osError = osError != 0 ? osError : static_cast<int>(connectError),
                  .connected = connected_,
                  .reached = connected_ || socketAsked_,
                  .proxyStatus = connected_ ? 0 : proxyStatus,
                  .proxy = place_.local ? std::string_view() : engine_->options().proxy.address,
                  .addresses = engine_->options().addresses,
                  .patience = connected_ ? request_.totalTimeout : request_.connectTimeout},
                 place_);
}

}  // namespace kvs::net
