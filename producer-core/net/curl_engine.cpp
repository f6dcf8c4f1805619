// SPDX-License-Identifier: Apache-2.0
#include "net/curl_engine.h"

#include <algorithm>
#include <utility>

namespace kvs::net {

namespace {
CaPlaces caPlaces(const TransportOptions& options) {
  CaPlaces places{{}, options.caPathName};
  if (!options.caPath.empty()) places.paths = {options.caPath};
  places.paths.insert(places.paths.end(), options.moreCaPaths.begin(), options.moreCaPaths.end());
  return places;
}

CurlUser* userOf(CURL* easy) {
  char* user = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
  return reinterpret_cast<CurlUser*>(user);
}
}  // namespace

CurlEngine::CurlEngine(const std::shared_ptr<Loop>& loop, TransportOptions options)
    : loop_(*loop),
      options_(std::move(options)),
      trust_(std::make_shared<Trust>(loop, caPlaces(options_))),
      share_((initCurl(), curl_share_init())) {
  // No lock functions: all handles of this share live on one thread.
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  addMulti();
}

CurlEngine::~CurlEngine() = default;

CurlMulti& CurlEngine::addMulti() {
  CurlMulti::Delegate& hears = *this;
  return *multis_.emplace_back(std::make_unique<CurlMulti>(loop_, hears));
}

CurlMulti& CurlEngine::multiForUpload() {
  const auto found = std::find_if(multis_.begin() + 1, multis_.end(),
                                  [](const auto& multi) { return multi->handles() < kUploads; });
  return found != multis_.end() ? **found : addMulti();
}

bool CurlEngine::insideCurl() const {
  return std::ranges::any_of(multis_, [](const auto& multi) { return multi->insideCurl(); });
}

void CurlEngine::enterGate(std::shared_ptr<CurlUser> user) {
  const ConnectGate::Id id = user->id();
  gate_.enter(id, user->place().text());
  waiting_.emplace(id, std::move(user));
  loop_.wake(*this);
}

void CurlEngine::resolved(const CurlUser& user) {
  gate_.resolved(user.id());
  loop_.wake(*this);
}

void CurlEngine::leaveGate(const CurlUser& user) {
  gate_.leave(user.id());
  waiting_.erase(user.id());
  if (gate_.waiting() > 0) loop_.wake(*this);
}

void CurlEngine::wantProceed(std::shared_ptr<CurlUser> user) {
  proceeding_.push_back(std::move(user));
  loop_.wake(*this);
}

void CurlEngine::wantDeliver(std::shared_ptr<CurlUser> user) {
  news_.push_back(std::move(user));
  if (!insideCurl()) loop_.wake(*this);  // else the action's end sees to it
}

void CurlEngine::wantClose(std::shared_ptr<CurlUser> user) {
  if (!insideCurl()) return user->close();
  closing_.push_back(std::move(user));
}

void CurlEngine::onReady() {
  aboutToRun_ = true;
  admit();
  for (const auto& user : std::exchange(proceeding_, {}))
    user->proceed();
  aboutToRun_ = false;
  runTimeouts();
  settle();
}

void CurlEngine::runTimeouts() {
  for (std::size_t i = 0; i < multis_.size(); ++i) {
    if (multis_[i]->isDue()) multis_[i]->runTimeouts();  // settles, and may add a multi
  }
}

void CurlEngine::admit() {
  while (const auto id = gate_.admit()) {
    auto node = waiting_.extract(*id);
    if (!node.empty()) node.mapped()->begin();
  }
}

void CurlEngine::onTimeoutsDue() noexcept {
  if (!aboutToRun_) loop_.wake(*this);
}

void CurlEngine::onDone(CURL* easy, CURLcode code) {
  if (CurlUser* user = userOf(easy)) user->onDone(code);
}

void CurlEngine::onActionEnd() {
  settle();
}

void CurlEngine::settle() {
  // The last user may go here, and the engine with it.
  const auto keep = shared_from_this();
  for (const auto& user : std::exchange(closing_, {}))
    user->close();
  for (const auto& user : std::exchange(news_, {}))
    user->deliver();
}

}  // namespace kvs::net
