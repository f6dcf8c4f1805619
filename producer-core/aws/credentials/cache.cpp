// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/cache.h"

#include <algorithm>
#include <map>
#include <random>

#include "aws/credentials/check.h"
#include "base/of_process.h"

namespace kvs::aws {
namespace {

constexpr Nanoseconds earliness = std::chrono::minutes(5);
constexpr Nanoseconds firstPause = Seconds(1);
constexpr Nanoseconds longestPause = Seconds(60);
constexpr Nanoseconds lookEvery = Seconds(60);  // at what may change at any moment

/// How long before their end credentials of that life are fetched again.
Nanoseconds marginOf(Nanoseconds life) {
  return std::min(earliness, life / 4);
}

bool same(const Credentials& left, const Credentials& right) {
  return left.accessKey == right.accessKey && left.secretKey == right.secretKey &&
         left.sessionToken == right.sessionToken;
}

tl::unexpected<Error> expiredAlready(const std::string& source) {
  return fail(StatusCode::invalidTokenExpiration, ErrorKind::retryable,
              "The credentials from " + source +
                  " have already expired; check this machine's clock and the source of the credentials.");
}

}  // namespace

CredentialCache::CredentialCache(const SourceTools& tools, std::unique_ptr<CredentialProvider> source,
                                 Memory memory, std::uint64_t seed)
    : loop_(tools.loop),
      clock_(*tools.clock),
      log_(tools.log),
      source_(std::move(source)),
      name_(source_->name()),
      memory_(memory),
      random_(seed) {}

CredentialCache::~CredentialCache() {
  if (!asking_ && timer_ == 0) return;
  loop_->post([loop = loop_.get(), timer = timer_,
               source = std::shared_ptr<CredentialProvider>(std::move(source_))] { loop->cancel(timer); });
}

void CredentialCache::fetch(Callback callback) {
  if (memory_ == Memory::whileFresh && current_ && current_->expiration && isGood())
    return callback(*current_);
  ask(std::move(callback));
}

void CredentialCache::refresh(const Credentials& refused, Callback callback) {
  if (current_ && same(*current_, refused)) current_.reset();
  fetch(std::move(callback));
}

std::optional<Result<Credentials>> CredentialCache::atHand() {
  if (current_ && isGood()) return Result<Credentials>(*current_);
  if (absence_) return Result<Credentials>(fail(*absence_));
  return std::nullopt;
}

/// A session that begins now should get past its first answer with them.
bool CredentialCache::isGood() const {
  return !current_->expiration || *current_->expiration > clock_.wallNow() + Seconds(3);
}

void CredentialCache::ask(Callback callback) {
  waiting_.push_back(std::move(callback));
  if (asking_) return;
  if (now() >= notBefore_) return start();
  Error error = lastError_;
  error.retryAfter = std::chrono::ceil<Milliseconds>(notBefore_ - now());
  tell(fail(std::move(error)));
}

void CredentialCache::start() {
  asking_ = true;
  log_.log(LogLevel::debug, Room::aws, [&] { return name_ + ": is asked for credentials"; });
  source_->fetch([weak = weak_from_this()](Result<Credentials> answer) {
    if (const auto self = weak.lock()) self->onAnswer(std::move(answer));
  });
}

void CredentialCache::onAnswer(Result<Credentials> answer) {
  asking_ = false;
  if (answer && answer->expiration && *answer->expiration <= clock_.wallNow()) answer = expiredAlready(name_);
  if (answer) {
    onSuccess(*answer);
  } else if (answer.error().kind == ErrorKind::notFound) {
    absence_ = answer.error();
    current_.reset();
    if (worked_ && memory_ == Memory::never) startAt(now() + lookEvery);  // it may be written anew just now
  } else {
    onFailure(answer.error());
    if (current_ && current_->expiration && isGood()) answer = *current_;
  }
  tell(answer);
}

void CredentialCache::onSuccess(Credentials fresh) {
  log_.log(LogLevel::debug, Room::aws, [&] { return name_ + " gave credentials"; });
  current_ = std::move(fresh);
  absence_.reset();
  worked_ = true;
  failures_ = 0;
  notBefore_ = {};
  planRefresh();
}

void CredentialCache::onFailure(Error& error) {
  log_.log(LogLevel::warning, Room::aws, [&] { return error.message; });
  // What has worked may work again: its owner may be about to mend it.
  if (worked_ && error.kind == ErrorKind::fatal) error.kind = ErrorKind::retryable;
  lastError_ = error;
  const Nanoseconds pause = std::min(longestPause, firstPause * (1 << std::min(failures_++, 6)));
  if (error.kind != ErrorKind::fatal) notBefore_ = now() + pause / 2 + random_.upTo(pause / 2);
  if (current_ && (current_->expiration || memory_ == Memory::never) && isGood()) startAt(notBefore_);
}

void CredentialCache::tell(const Result<Credentials>& answer) {
  for (const Callback& callback : std::exchange(waiting_, {}))
    callback(answer);
}

void CredentialCache::planRefresh() {
  if (memory_ == Memory::never) return startAt(now() + lookEvery);
  if (!current_->expiration) return;
  const Nanoseconds life = *current_->expiration - clock_.wallNow();
  const Nanoseconds margin = marginOf(life);
  // Spread, so that a fleet that was started at once does not ask at once for ever.
  startAt(now() + std::max<Nanoseconds>(life - margin - random_.upTo(margin / 4), Seconds(1)));
}

void CredentialCache::startAt(TimePoint when) {
  loop_->cancel(timer_);
  timer_ = loop_->at(when, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->timer_ = 0;
    if (!self->asking_) self->start();
  });
}

namespace {

class SharedCaches {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }

  std::shared_ptr<CredentialCache> find(
      const SourceTools& tools, const std::string& key, Memory memory,
      const std::function<std::unique_ptr<CredentialProvider>()>& makeSource) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    std::erase_if(all_, [](const auto& entry) { return entry.second.expired(); });
    auto& slot = all_[{tools.loop.get(), tools.transport.get(), tools.clock, key}];
    auto cache = slot.lock();
    if (!cache) {
      cache = std::make_shared<CredentialCache>(tools, makeSource(), memory, std::random_device{}());
      slot = cache;
    }
    return cache;
  }

 private:
  using Key = std::tuple<const void*, const void*, const void*, std::string>;
  Mutex mutex_{"shared credentials"};
  std::map<Key, std::weak_ptr<CredentialCache>> all_ KVS_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<CredentialProvider> sharedCache(
    const SourceTools& tools, const std::string& key, Memory memory,
    const std::function<std::unique_ptr<CredentialProvider>()>& makeSource) {
  return ofProcess<SharedCaches>().find(tools, key, memory, makeSource);
}

}  // namespace kvs::aws
