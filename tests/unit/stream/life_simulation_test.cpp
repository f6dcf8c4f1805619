// SPDX-License-Identifier: Apache-2.0
// A year of trouble for the life of a stream alone: a model of the shell, of a source and of a service
// that fails in many ways, all of it from a seed. What is promised must hold at every event.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "base/random.h"
#include "upload/life.h"
#include "upload/life_table.h"

namespace kvs::upload {
namespace {

using namespace std::chrono_literals;

/// What is wrong with the world for a while.
enum class Trouble { none, calls, keys, refused, unreachable, breaks, silence, refusals, deleted };
constexpr std::array troubles = {Trouble::none,    Trouble::calls,       Trouble::keys,
                                 Trouble::refused, Trouble::unreachable, Trouble::breaks,
                                 Trouble::silence, Trouble::refusals,    Trouble::deleted};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), config_(configOf(seed)), life_(config_, seed) {
    tell(event::Start{});
    every(60s, [this] { produce(); });
    calm();
    nextWish();
  }

  void run(Nanoseconds time) {
    const TimePoint end = now_ + time;
    while (now_ < end && !isOver() && !testing::Test::HasFailure())
      step(end);
  }
  /// However the world is, a stop ends everything at once.
  void stop() {
    tell(event::Stop{});
    EXPECT_EQ(life_.state(), State::stopped);
    EXPECT_TRUE(reportedStop_);
    EXPECT_FALSE(session_);
    EXPECT_EQ(timers_.size(), 0u);
  }
  bool isOver() const { return life_.state() == State::stopped; }
  bool failed() const { return failed_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t sessions() const { return sessions_; }
  std::uint64_t durable() const { return durable_; }

 private:
  static LifeConfig configOf(std::uint64_t seed) {
    LifeConfig config;
    config.hasTags = seed % 2 == 0;
    config.staleness = 60s;
    if (seed % 3 == 0) config.credentialsLife = 3600s;
    if (seed % 5 == 0) config.burstInterval = 300s;
    return config;
  }
  struct Session {
    bool isAnswered = false;
    bool isFinishing = false;
    bool sendsAll = false;  ///< before it ends
    unsigned sent = 0;      ///< fragments, of those that the log holds
    std::optional<TimePoint> owedSince;
  };

  // --- time ---

  void at(Nanoseconds delay, std::function<void()> task) { agenda_.emplace(now_ + delay, std::move(task)); }
  void every(Nanoseconds interval, const std::function<void()>& task) {
    at(interval, [this, interval, task] {
      task();
      every(interval, task);
    });
  }
  Nanoseconds random(Nanoseconds from, Nanoseconds to) { return from + random_.upTo(to - from); }
  bool chance(unsigned oneIn) { return random_.next() % oneIn == 0; }

  void step(TimePoint end) {
    const auto timer = std::ranges::min_element(timers_, {}, [](const auto& set) { return set.second; });
    const TimePoint fires = timer == timers_.end() ? end : timer->second;
    const TimePoint next = agenda_.empty() ? end : agenda_.begin()->first;
    now_ = std::max(now_, std::min({end, fires, next}));
    if (fires <= now_ && timer != timers_.end()) {
      const Timer which = timer->first;
      timers_.erase(timer);
      return tell(event::TimerFired{which});
    }
    if (next > now_ || agenda_.empty()) return;
    const auto task = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    task();
  }

  // --- the source ---

  void produce() {
    checkRecovery();
    if (isPaused_) return;
    const bool newFrames = std::exchange(ended_, false);
    ++buffered_;
    lastFrame_ = now_;
    tell(event::DataAvailable{newFrames});
    send();
  }

  void nextWish() {
    at(random(10min, 6h), [this] {
      switch (random_.next() % 5) {
        case 0:
          isPaused_ = true;
          at(random(1min, 2h), [this] { isPaused_ = false; });
          break;
        case 1:
          ended_ = true;
          tell(event::EndOfStream{});
          if (buffered_ == 0) tell(event::LogEmpty{});
          break;
        case 2:
          tell(event::Hold{});
          isHeld_ = true;
          at(random(1min, 1h), [this] {
            isHeld_ = false;
            calmSince_ = now_;
            tell(event::Release{});
          });
          break;
        case 3:
          tell(event::HeaderChanged{});
          break;
        default:
          tell(event::StorageFull{});
      }
      nextWish();
    });
  }

  void nextTrouble() {
    trouble_ = troubles[random_.next() % troubles.size()];
    at(random(10s, 20min), [this] { calm(); });
    if (trouble_ == Trouble::breaks) breakSoon();
  }
  void calm() {
    trouble_ = Trouble::none;
    calmSince_ = now_;
    at(random(10min, 3h), [this] { nextTrouble(); });
  }
  void breakSoon() {
    at(random(1s, 2min), [this] {
      if (trouble_ != Trouble::breaks) return;
      if (session_) tell(event::SessionEnded{error(ErrorKind::retryable)});
      breakSoon();
    });
  }

  /// When all has been well for long enough, nothing is left behind.
  void checkRecovery() {
    if (trouble_ != Trouble::none || isHeld_ || isPaused_ || now_ - calmSince_ < 15min) return;
    const unsigned most = config_.burstInterval > 0ms ? 15 : 3;  // what comes between two bursts, twice
    EXPECT_LE(buffered_, most) << "all is well, and nothing moves: " << stateName(life_.state());
  }

  // --- the service ---

  static Error error(ErrorKind kind, const char* exception = "", int status = 0) {
    Error made;
    made.code = StatusCode::putMediaFailed;
    made.kind = kind;
    made.exception = exception;
    made.httpStatus = status;
    return made;
  }
  Error callError() {
    if (trouble_ == Trouble::keys) return error(ErrorKind::auth, "ExpiredTokenException", 403);
    return error(chance(2) ? ErrorKind::retryable : ErrorKind::throttled, "", 503);
  }

  /// One call at a time; its answer counts only if the call was not abandoned.
  template <class Success>
  void call(Success success, bool showsThatKeysWork = true) {
    EXPECT_FALSE(callUnderWay_) << "two calls at once";
    callUnderWay_ = true;
    at(random(10ms, 2s), [this, success, showsThatKeysWork, number = ++calls_] {
      if (number != calls_ || !callUnderWay_) return;
      callUnderWay_ = false;
      const bool fails = trouble_ == Trouble::calls || (trouble_ == Trouble::keys && worked_);
      if (fails && !chance(8)) return tell(event::CallFailed{callError()});
      worked_ = worked_ || showsThatKeysWork;
      tell(success);
    });
  }

  void describe() {
    if (trouble_ != Trouble::deleted || chance(4)) return call(event::Described{});
    call(event::CallFailed{error(ErrorKind::notFound, "ResourceNotFoundException", 404)}, false);
  }

  void open() {
    EXPECT_FALSE(session_) << "two sessions overlap";
    EXPECT_TRUE(isLocated_);
    if (buffered_ == 0) return later(event::NothingToSend{});
    session_.emplace();
    ++sessions_;
    later(event::SessionOpened{chance(3) ? std::optional<Nanoseconds>(1h) : std::nullopt});
    at(random(20ms, 1s), [this, number = sessions_] {
      if (!isSession(number)) return;
      if (trouble_ == Trouble::unreachable) return tell(event::SessionEnded{error(ErrorKind::retryable)});
      if (trouble_ == Trouble::refused) {
        return tell(
            event::SessionEnded{error(ErrorKind::throttled, "ConnectionLimitExceededException", 400)});
      }
      if (trouble_ == Trouble::keys) return tell(event::SessionEnded{callError()});
      if (trouble_ == Trouble::deleted) return tell(event::SessionEnded{error(ErrorKind::notFound, "", 404)});
      session_->isAnswered = true;
      tell(event::SessionAnswered{});
      send();
      confirm();
    });
  }
  bool isSession(std::uint64_t number) const { return session_ && number == sessions_; }

  void send() {
    if (!session_ || !session_->isAnswered || session_->sent > 0 || buffered_ == 0) return;
    session_->sent = 1;
    session_->owedSince = now_;
    ++bytes_;
    if (trouble_ == Trouble::silence) return;
    at(random(100ms, 5s), [this, number = sessions_] {
      if (isSession(number)) acknowledge();
    });
  }

  void acknowledge() {
    if (trouble_ == Trouble::refusals && chance(3)) return refuse();
    --buffered_;
    ++durable_;
    session_->sent = 0;
    session_->owedSince.reset();
    tell(event::Persisted{});
    if (buffered_ == 0) tell(event::LogEmpty{});
    confirm();
    send();
  }
  void refuse() {
    using aws::AckPolicy;
    constexpr std::array policies = {
        AckPolicy::reconnect, AckPolicy::newSession,       AckPolicy::setAside, AckPolicy::resendWithoutTags,
        AckPolicy::retryKms,  AckPolicy::setAsideOnRepeat, AckPolicy::describe};
    const auto named = chance(4) ? std::nullopt : std::optional<std::uint64_t>(durable_);
    tell(event::AckRefused{policies[random_.next() % policies.size()], error(ErrorKind::retryable), named});
  }
  void confirm() {
    if (!session_ || !session_->isFinishing || !session_->isAnswered || session_->sent > 0) return;
    if (!session_->sendsAll || buffered_ == 0) tell(event::SessionConfirmed{});
  }

  // --- the shell ---

  void later(Event event) { queue_.push_back(std::move(event)); }

  void tell(Event event) {
    queue_.push_back(std::move(event));
    if (std::exchange(isTelling_, true)) return;
    for (; !queue_.empty(); queue_.pop_front()) {
      const State before = life_.state();
      ++events_;
      ASSERT_LT(++eventsNow_[now_], 40u) << "a hot loop in " << stateName(before);
      for (const Action& action : life_.on(queue_.front(), now_))
        std::visit([this](const auto& which) { perform(which); }, action);
      check(before, life_.state());
    }
    while (eventsNow_.size() > 1)
      eventsNow_.erase(eventsNow_.begin());
    isTelling_ = false;
  }

  void check(State before, State after) {
    EXPECT_TRUE(mayFollow(before, after)) << stateName(before) << " -> " << stateName(after);
    for (const auto& [timer, when] : timers_)
      EXPECT_TRUE(mayHave(after, timer)) << static_cast<int>(timer) << " in " << stateName(after);
    const bool isInSession = after == State::streaming || after == State::handingOver ||
                             after == State::idle || after == State::draining;
    EXPECT_TRUE(isInSession || !session_) << "a session in " << stateName(after);
    const bool asks = after >= State::credentials && after <= State::locating;
    EXPECT_EQ(asks, callUnderWay_) << stateName(after);
    EXPECT_EQ(timers_.contains(Timer::retry), after == State::waiting) << stateName(after);
    if (!isInSession || queue_.size() > 1) return;  // or the rest is on its way
    EXPECT_TRUE(timers_.contains(Timer::watch)) << "a session is looked after: " << stateName(after);
    EXPECT_EQ(timers_.contains(Timer::progress), after != State::streaming) << "an end is bounded";
  }

  void perform(const action::FetchCredentials&) { call(event::CredentialsFetched{}, false); }
  void perform(const action::Describe&) { describe(); }
  void perform(const action::Create&) { call(event::Created{}); }
  void perform(const action::TagStream&) { call(event::Tagged{}); }
  void perform(const action::Locate&) {
    isLocated_ = true;
    call(event::Located{});
  }
  void perform(const action::AbandonCall&) { callUnderWay_ = false; }
  void perform(const action::OpenSession&) { open(); }
  void perform(const action::FinishSession& how) {
    if (!session_) return;
    session_->isFinishing = true;
    session_->sendsAll = how.everything || how.burst;
    at(1ms, [this, number = sessions_] {
      if (isSession(number)) confirm();
    });
  }
  void perform(const action::CloseSession&) { session_.reset(); }
  void perform(const action::Observe&) {
    if (!session_) return;
    event::Observed seen;
    seen.silence = session_->owedSince ? now_ - *session_->owedSince : Nanoseconds{0};
    seen.longestFragment = 1min;
    seen.bytesSent = bytes_;
    seen.sourcePause = now_ - lastFrame_;
    seen.longestPause = 3min;
    later(seen);
  }
  void perform(const action::RefuseFragment&) {
    if (--buffered_ == 0) later(event::LogEmpty{});
  }
  void perform(const action::StripTags&) {}
  void perform(const action::SetTimer& set) {
    EXPECT_GE(set.delay, 0ms);
    timers_[set.timer] = now_ + set.delay;
  }
  void perform(const action::CancelTimer& cancel) { timers_.erase(cancel.timer); }
  void perform(const action::ReportChange&) {}
  void perform(const action::ReportStale&) {}
  void perform(const action::Warn&) {}
  void perform(const action::Fail&) {
    EXPECT_EQ(trouble_, Trouble::refusals) << "nothing else here is beyond mending";
    failed_ = true;
  }
  void perform(const action::ReportReady&) {}
  void perform(const action::ReportDrained&) {}
  void perform(const action::ReportStopped&) { reportedStop_ = true; }

  Random random_;
  const LifeConfig config_;
  Life life_;
  TimePoint now_{1000h};
  std::multimap<TimePoint, std::function<void()>> agenda_;
  std::map<Timer, TimePoint> timers_;
  std::deque<Event> queue_;
  std::map<TimePoint, unsigned> eventsNow_;
  bool isTelling_ = false;

  Trouble trouble_ = Trouble::none;
  TimePoint calmSince_{};
  bool isPaused_ = false, isHeld_ = false, ended_ = false;
  TimePoint lastFrame_{1000h};
  unsigned buffered_ = 0;
  bool callUnderWay_ = false, worked_ = false, isLocated_ = false;
  std::uint64_t calls_ = 0;
  std::optional<Session> session_;
  std::uint64_t bytes_ = 0, sessions_ = 0, durable_ = 0, events_ = 0;
  bool failed_ = false, reportedStop_ = false;
};

TEST(LifeSimulation, AYearOfTroubleBreaksNoPromise) {
  std::uint64_t sessions = 0, durable = 0;
  unsigned ended = 0;
  for (std::uint64_t week = 1; week <= 53 && !HasFailure(); ++week) {
    SCOPED_TRACE("seed " + std::to_string(week));
    World world(week);
    world.run(7 * 24h);
    world.stop();
    sessions += world.sessions();
    durable += world.durable();
    ended += world.failed() ? 1 : 0;
  }
  EXPECT_GT(sessions, 53u * 100) << "the world was lively enough";
  EXPECT_GT(durable, 53u * 1000);
  EXPECT_LT(ended, 53u) << "refusals without end may end a stream, but not every one";
}

}  // namespace
}  // namespace kvs::upload
