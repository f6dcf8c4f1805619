// SPDX-License-Identifier: Apache-2.0
// One source, asked once for all who share it: what it gave is kept while it is good, fetched again in the
// background well before it expires, and many who ask at once get one answer. Failures are asked again after
// a growing pause; what still is good serves meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials/provider.h"
#include "aws/credentials/tools.h"
#include "base/random.h"

namespace kvs::aws {

/// When fetch() may answer from memory.
enum class Memory {
  whileFresh,  ///< until shortly before they expire; those that do not expire are asked for each time
  /// The source is asked each time, and once a minute in the background: its answer may change at any moment
  /// (a file), and counts from the next session on.
  never,
};

/// Used on the loop; may be made and destroyed on any thread, the source itself ends on the loop.
class CredentialCache final : public CredentialProvider,
                              public std::enable_shared_from_this<CredentialCache> {
 public:
  CredentialCache(const SourceTools& tools, std::unique_ptr<CredentialProvider> source, Memory memory,
                  std::uint64_t seed);
  ~CredentialCache() override;
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  std::string_view name() const override { return name_; }
  void fetch(Callback callback) override;
  void refresh(const Credentials& refused, Callback callback) override;
  std::optional<Result<Credentials>> atHand() override;

 private:
  bool isGood() const;
  void ask(Callback callback);
  void start();
  void onAnswer(Result<Credentials> answer);
  void onSuccess(Credentials fresh);
  void onFailure(Error& error);
  void tell(const Result<Credentials>& answer);
  /// Asks again in the background then.
  void startAt(TimePoint when);
  void planRefresh();
  TimePoint now() const { return loop_->clock().now(); }

  const std::shared_ptr<net::Loop> loop_;
  const Clock& clock_;
  const Logger log_;
  std::unique_ptr<CredentialProvider> source_;
  const std::string name_;
  const Memory memory_;
  Random random_;

  std::optional<Credentials> current_;
  std::optional<Error> absence_;  // the source said that it is not set up
  bool asking_ = false;
  bool worked_ = false;
  std::vector<Callback> waiting_;
  int failures_ = 0;
  Error lastError_;
  TimePoint notBefore_{};
  net::Loop::TimerId timer_ = 0;
};

/// The process's cache of the source that `key` names, made with the first holder and gone with the last.
/// Holders with another loop, transport or clock get another one.
std::shared_ptr<CredentialProvider> sharedCache(
    const SourceTools& tools, const std::string& key, Memory memory,
    const std::function<std::unique_ptr<CredentialProvider>()>& makeSource);

}  // namespace kvs::aws
