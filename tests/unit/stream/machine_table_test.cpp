// SPDX-License-Identifier: Apache-2.0
// The table of transitions: which states each state may follow, met by a long seeded walk. What the
// machine asks for must fit where it is, whatever the world answers.
#include <set>

#include "base/random.h"
#include "machine_driver.h"

namespace kvs::stream {
namespace {

using test::errorOf;
using test::MachineDriver;

using S = State;
const std::map<S, std::set<S>> accepted = {
    {S::configuring, {S::credentials, S::stopped}},
    {S::credentials,
     {S::describing, S::creating, S::locating, S::ready, S::streaming, S::draining, S::waiting, S::stopped}},
    {S::describing, {S::credentials, S::creating, S::tagging, S::locating, S::waiting, S::stopped}},
    {S::creating, {S::credentials, S::describing, S::waiting, S::stopped}},
    {S::tagging, {S::locating, S::stopped}},
    {S::locating, {S::credentials, S::ready, S::streaming, S::draining, S::waiting, S::stopped}},
    {S::ready, {S::streaming, S::draining, S::stopped}},
    {S::streaming, {S::ready, S::handingOver, S::idle, S::draining, S::waiting, S::credentials, S::stopped}},
    {S::handingOver, {S::ready, S::streaming, S::draining, S::waiting, S::credentials, S::stopped}},
    {S::idle, {S::ready, S::streaming, S::draining, S::waiting, S::credentials, S::stopped}},
    {S::draining, {S::ready, S::handingOver, S::streaming, S::waiting, S::credentials, S::stopped}},
    {S::waiting,
     {S::credentials, S::describing, S::creating, S::locating, S::ready, S::streaming, S::draining,
      S::stopped}},
    {S::stopped, {}},
};

Event randomEvent(Random& random) {
  using aws::AckPolicy;
  const auto pick = [&](auto... values) {
    const std::array all{values...};
    return all[random.next() % all.size()];
  };
  const Error error =
      errorOf(pick(ErrorKind::retryable, ErrorKind::throttled, ErrorKind::auth, ErrorKind::notFound,
                   ErrorKind::endpointMoved, ErrorKind::cancelled),
              pick("", "", "ConnectionLimitExceededException", "AccessDeniedException"),
              pick(StatusCode::putMediaFailed, StatusCode::resourceInUse, StatusCode::ackInvalidMkvData));
  const auto fragment = random.next() % 2 ? std::optional<std::uint64_t>(random.next() % 4) : std::nullopt;
  using Status = event::Described::Status;
  switch (random.next() % 20) {
    case 0:
      return event::CredentialsFetched{};
    case 1:
      return event::Described{pick(Status::usable, Status::usable, Status::creating, Status::deleting)};
    case 2:
      return event::Created{};
    case 3:
      return event::Tagged{};
    case 4:
      return event::Located{};
    case 5:
      return event::CallFailed{error};
    case 6:
      return event::DataAvailable{random.next() % 4 == 0};
    case 7:
      return event::SessionAnswered{};
    case 8:
      return random.next() % 2 ? event::SessionEnded{error} : event::SessionEnded{};
    case 9:
      return event::AckRefused{
          pick(AckPolicy::reconnect, AckPolicy::newSession, AckPolicy::setAside, AckPolicy::setAsideOnRepeat,
               AckPolicy::resendWithoutTags, AckPolicy::resendOtherHeader, AckPolicy::correctClock,
               AckPolicy::describe, AckPolicy::retryKms, AckPolicy::streamDeleted),
          error, fragment};
    case 10:
    case 11:
      return event::Persisted{};
    case 12:
      return event::SessionConfirmed{};
    case 13:
      return event::SourcePaused{};
    case 14:
      return event::HandOver{};
    case 15:
      return event::EndOfStream{};
    case 16:
      return event::LogEmpty{};
    default:
      return event::TimerFired{pick(Timer::retry, Timer::retry, Timer::session, Timer::progress)};
  }
}

class MachineWalk : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MachineWalk, KeepsToTheTable) {
  Random random(GetParam());
  MachineDriver m({.hasTags = random.next() % 2 == 0}, GetParam());
  m.start();
  std::set<std::pair<S, S>> met;
  for (int step = 0; step < 4000 && m.state() != S::stopped; ++step) {
    m.advance(random.upTo(Nanoseconds(Seconds(20))));
    const S before = m.state();
    const Event event = randomEvent(random);
    // A timer that was not set does not fire.
    const auto* fired = std::get_if<event::TimerFired>(&event);
    if (fired && !m.timerSet(fired->timer)) continue;
    fired ? m.fire(fired->timer) : m.on(event);
    const S after = m.state();
    if (after != before) {
      ASSERT_TRUE(accepted.at(before).contains(after))
          << stateName(before) << " -> " << stateName(after) << " by event " << event.index();
    }
    const bool inSession =
        after == S::streaming || after == S::handingOver || after == S::idle || after == S::draining;
    ASSERT_EQ(m.sessionOpen(), inSession) << stateName(after);
    ASSERT_EQ(m.timerSet(Timer::retry), after == S::waiting) << "a wait always ends: " << stateName(after);
    const bool ending = inSession && after != S::streaming;
    ASSERT_EQ(m.timerSet(Timer::progress), ending) << "an end is always bounded: " << stateName(after);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MachineWalk, testing::Range<std::uint64_t>(1, 101));

TEST(MachineTable, EveryStateHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto& [state, next] : accepted)
    EXPECT_TRUE(names.insert(stateName(state)).second);
  EXPECT_EQ(names.size(), 13u);
  EXPECT_TRUE(names.contains("handing-over"));
}

}  // namespace
}  // namespace kvs::stream
