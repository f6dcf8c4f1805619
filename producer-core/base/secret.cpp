// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>
#include <pthread.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/immortal.h"
#include "base/sent_secrets.h"

namespace kvs {

namespace {

/// The secrets that were sent. The lock is held across fork(), so that a child finds it free.
struct Sent {
  std::mutex mutex;  // guards the rest
  std::map<const void*, std::string_view> all;
  std::shared_ptr<const void> made;  // of them
  std::uint64_t changes = 0;

  void changed() {
    ++changes;
    made.reset();
  }

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
      if (sent.all.erase(this) > 0) sent.changed();
    }
    OPENSSL_cleanse(text_.data(), text_.size());
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::string_view text() const { return {text_.data(), text_.size()}; }
  void list() {
    Sent& sent = Sent::get();
    const std::lock_guard lock(sent.mutex);
    if (sent.all.emplace(this, text()).second) sent.changed();
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

void Secret::forEachSent(const std::function<void(std::string_view)>& visit) {
  Sent& sent = Sent::get();
  const std::lock_guard lock(sent.mutex);
  for (const auto& [bytes, text] : sent.all)
    visit(text);
}

std::shared_ptr<const void> madeOfSentSecrets(const std::function<std::shared_ptr<const void>()>& make) {
  Sent& sent = Sent::get();
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(sent.mutex);
    if (sent.made) return sent.made;
    changes = sent.changes;
  }
  auto made = make();
  const std::lock_guard lock(sent.mutex);
  if (sent.changes == changes) sent.made = made;
  return made;
}

}  // namespace kvs
