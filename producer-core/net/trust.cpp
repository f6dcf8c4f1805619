// SPDX-License-Identifier: Apache-2.0
#include "net/trust.h"

#include <utility>

namespace kvs::net {

namespace {
constexpr std::chrono::minutes kCheckEvery{5};

std::vector<std::filesystem::file_time_type> modifiedAt(const CaPlaces& places) {
  std::vector<std::string> paths = places.paths;
  if (paths.empty()) paths = {defaultCaFile()};
  std::vector<std::filesystem::file_time_type> times;
  std::error_code ignored;
  for (const std::string& path : paths)
    times.push_back(std::filesystem::last_write_time(path, ignored));
  return times;
}
}  // namespace

/// What the worker found. Made by it, read by the loop.
struct Trust::Answer {
  std::vector<std::filesystem::file_time_type> modified;
  Result<X509StorePtr> store = X509StorePtr();  // null: the files are as they were
};

void Trust::whenLoaded(Then then) {
  const auto loop = loop_.lock();
  if (!loop)
    return then(fail(StatusCode::internalError, ErrorKind::cancelled, "the network's loop has ended"));
  const bool stale = loop->clock().now() - checkedAt_ >= kCheckEvery;
  if (store_) {
    if (stale && !loading_) load();  // the old one serves meanwhile
    return then({});
  }
  waiting_.push_back(std::move(then));
  if (!loading_) load();
}

void Trust::load() {
  const auto worker = Loop::worker();
  if (auto started = worker->start(); !started) return cantLoad(std::move(started.error()));
  loading_ = true;
  worker->post([worker, trust = shared_from_this(), loop = loop_.lock(), places = places_, known = modified_,
                have = store_ != nullptr]() mutable {
    auto answer = std::make_shared<Answer>();
    answer->modified = modifiedAt(places);
    if (!have || answer->modified != known) answer->store = loadCaStore(places);
    Loop& target = *loop;
    // Moved, so that the last hold of `trust` never goes here.
    target.post([trust = std::move(trust), answer = std::move(answer)] { trust->onAnswer(answer); });
  });
}

/// It may go better at the next request.
void Trust::cantLoad(Error error) {
  error.kind = ErrorKind::retryable;
  for (Then& then : std::exchange(waiting_, {}))
    then(fail(error));
}

void Trust::onAnswer(const std::shared_ptr<Answer>& answer) {
  loading_ = false;
  Result<void> result;
  if (!answer->store) {
    result = fail(answer->store.error());
  } else if (*answer->store) {
    store_ = std::move(*answer->store);
    modified_ = answer->modified;
  }
  if (const auto loop = loop_.lock()) checkedAt_ = loop->clock().now();
  for (Then& then : std::exchange(waiting_, {}))
    then(result);
}

}  // namespace kvs::net
