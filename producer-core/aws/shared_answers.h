// SPDX-License-Identifier: Apache-2.0
// Answers of one kind, for all who ask: those who ask for the same at once get one answer, and who comes
// later need not ask at all until what is remembered is forgotten or too old.
#pragma once

#include <algorithm>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/call.h"
#include "aws/credentials/pending.h"
#include "base/error.h"
#include "base/time.h"

namespace kvs::aws {

/// Whose answer it is: the same stream may be another one, or forbidden, to other credentials.
struct StreamKey {
  std::string endpoint;  ///< the control plane's address
  std::string region;
  std::string identity;  ///< identityOf() the credentials
  std::string stream;
  std::string api;  ///< each has its own data endpoint
  auto operator<=>(const StreamKey&) const = default;
};

/// Used on the loop; outlives the handles that ask() gives.
template <class T>
class SharedAnswers {
 public:
  using Callback = std::function<void(Result<T>)>;
  using Start = std::function<CallHandle(Callback)>;

  /// An answer is remembered for `maxAge`, if `isWorthIt`.
  SharedAnswers(Nanoseconds maxAge, std::function<bool(const T&)> isWorthIt)
      : maxAge_(maxAge), isWorthIt_(std::move(isWorthIt)) {}

  std::optional<T> recall(const StreamKey& key, TimePoint now) const {
    const auto at = answers_.find(key);
    if (at == answers_.end() || now - at->second.since > maxAge_) return std::nullopt;
    return at->second.value;
  }

  void forget(const StreamKey& key) { answers_.erase(key); }

  /// Joins the call that is under way for this key; where there is none, `start` makes it. It goes on as
  /// long as one of those who asked keeps his handle.
  [[nodiscard]] CallHandle ask(const StreamKey& key, const Clock& clock, const Start& start,
                               Callback callback) {
    auto asker = std::make_shared<Asker>(std::move(callback));
    auto& round = rounds_[key];
    const bool isFirst = !round;
    if (isFirst) round = std::make_shared<Round>();
    round->askers.push_back(asker);
    const std::shared_ptr<Round> mine = round;
    if (isFirst) mine->call = start([this, key, &clock](Result<T> answer) { finish(key, clock, answer); });
    return std::make_unique<PendingCall<Result<T>>>(asker, [this, key, asker] { leave(key, asker); });
  }

 private:
  using Asker = Pending<Result<T>>;
  struct Round {
    std::vector<std::shared_ptr<Asker>> askers;
    CallHandle call;
  };
  struct Remembered {
    T value;
    TimePoint since;
  };
  static constexpr std::size_t mostRemembered = 1024;

  void finish(const StreamKey& key, const Clock& clock, const Result<T>& answer) {
    auto node = rounds_.extract(key);
    if (node.empty()) return;
    if (answer && isWorthIt_(*answer)) {
      if (answers_.size() >= mostRemembered) answers_.erase(answers_.begin());
      answers_.insert_or_assign(node.key(), Remembered{*answer, clock.now()});
    }
    const std::shared_ptr<Round> round = std::move(node.mapped());
    for (const auto& asker : std::exchange(round->askers, {}))
      asker->answer(answer);
  }

  void leave(const StreamKey& key, const std::shared_ptr<Asker>& asker) {
    const auto at = rounds_.find(key);
    if (at == rounds_.end() || std::erase(at->second->askers, asker) == 0) return;
    if (at->second->askers.empty()) rounds_.erase(at);
  }

  const Nanoseconds maxAge_;
  const std::function<bool(const T&)> isWorthIt_;
  std::map<StreamKey, std::shared_ptr<Round>> rounds_;
  std::map<StreamKey, Remembered> answers_;
};

}  // namespace kvs::aws
