// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>

#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/of_process.h"
#include "base/sent_secrets.h"

namespace kvs {

namespace {

/// The secrets that were sent, by where they stand, and what was made of each.
class SentSecrets {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }

  void add(const void* place, std::string_view text) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (all_.emplace(place, Known{text, nullptr}).second) made_.reset();
  }
  void remove(const void* place) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (all_.erase(place) > 0) made_.reset();
  }
  std::shared_ptr<const std::vector<MadeOfSecret>> made(
      const std::function<MadeOfSecret(std::string_view)>& make) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (!made_) made_ = makeOfEach(make);
    return made_;
  }

 private:
  struct Known {
    std::string_view text;
    MadeOfSecret made;  // null: nothing yet
  };

  std::shared_ptr<const std::vector<MadeOfSecret>> makeOfEach(
      const std::function<MadeOfSecret(std::string_view)>& make) KVS_REQUIRES(mutex_) {
    auto made = std::make_shared<std::vector<MadeOfSecret>>();
    std::unordered_set<std::string_view> seen;  // streams share their keys
    for (auto& [place, known] : all_) {
      if (!seen.insert(known.text).second) continue;
      if (!known.made) known.made = make(known.text);
      made->push_back(known.made);
    }
    return made;
  }

  Mutex mutex_{"sent secrets"};
  std::map<const void*, Known> all_ KVS_GUARDED_BY(mutex_);
  /// Of all of them; null: they have changed since.
  std::shared_ptr<const std::vector<MadeOfSecret>> made_ KVS_GUARDED_BY(mutex_);
};

}  // namespace

class Secret::Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text.begin(), text.end()) {}
  ~Bytes() {
    ofProcess<SentSecrets>().remove(this);
    OPENSSL_cleanse(text_.data(), text_.size());
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::string_view text() const { return {text_.data(), text_.size()}; }
  void list() const { ofProcess<SentSecrets>().add(this, text()); }

 private:
  std::vector<char> text_;  // a vector: nothing of it stands in the object itself
};

Secret::Secret(std::string_view text) : bytes_(text.empty() ? nullptr : std::make_shared<Bytes>(text)) {}

std::string_view Secret::reveal() const {
  return bytes_ ? bytes_->text() : std::string_view();
}

void Secret::sent() const {
  if (bytes_) bytes_->list();
}

std::shared_ptr<const std::vector<MadeOfSecret>> madeOfSentSecrets(
    const std::function<MadeOfSecret(std::string_view)>& make) {
  return ofProcess<SentSecrets>().made(make);
}

}  // namespace kvs
