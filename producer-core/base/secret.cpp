// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>
#include <pthread.h>

#include <map>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/immortal.h"
#include "base/sent_secrets.h"

namespace kvs {

namespace {

/// The secrets that were sent. The lock is held across fork(), so that a child finds it free.
struct Sent {
  struct Known {
    std::string_view text;
    MadeOfSecret made;  // null: nothing yet
  };
  std::mutex mutex;  // guards the rest
  std::map<const void*, Known> all;
  std::shared_ptr<const std::vector<MadeOfSecret>> made;  // of all of them; null: they have changed since

  static Sent& get() {
    static Immortal<Sent> sent;
    [[maybe_unused]] static const int registered = pthread_atfork(
        [] { sent->mutex.lock(); }, [] { sent->mutex.unlock(); }, [] { sent->mutex.unlock(); });
    return *sent;
  }
};

}  // namespace

class Secret::Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text.begin(), text.end()) {}
  ~Bytes() {
    {
      Sent& sent = Sent::get();
      const std::lock_guard lock(sent.mutex);
      if (sent.all.erase(this) > 0) sent.made.reset();
    }
    OPENSSL_cleanse(text_.data(), text_.size());
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::string_view text() const { return {text_.data(), text_.size()}; }
  void list() {
    Sent& sent = Sent::get();
    const std::lock_guard lock(sent.mutex);
    if (sent.all.emplace(this, Sent::Known{text(), nullptr}).second) sent.made.reset();
  }

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
  Sent& sent = Sent::get();
  const std::lock_guard lock(sent.mutex);
  if (sent.made) return sent.made;
  auto made = std::make_shared<std::vector<MadeOfSecret>>();
  std::unordered_set<std::string_view> seen;  // streams share their keys
  for (auto& [bytes, known] : sent.all) {
    if (!seen.insert(known.text).second) continue;
    if (!known.made) known.made = make(known.text);
    made->push_back(known.made);
  }
  sent.made = std::move(made);
  return sent.made;
}

}  // namespace kvs
