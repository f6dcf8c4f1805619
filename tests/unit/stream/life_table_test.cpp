// SPDX-License-Identifier: Apache-2.0
// The table of transitions: which states each state may follow, met by a long seeded walk. What the life asks
// for must fit where it is, whatever the world answers.
#include <fstream>
#include <regex>
#include <set>

#include "base/random.h"
#include "life_driver.h"
#include "upload/life_table.h"

namespace kvs::upload {
namespace {

using test::errorOf;
using test::LifeDriver;

using S = State;
using Edges = std::set<std::pair<S, S>>;

Edges tableEdges() {
  Edges edges;
  for (const Followers& row : lifeTable) {
    for (const S to : row)
      edges.insert({row.from, to});
  }
  return edges;
}

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
  switch (random.next() % 27) {
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
      return event::StorageFull{};
    case 14:
      return event::HeaderChanged{};
    case 15:
      return event::EndOfStream{};
    case 16:
      return event::LogEmpty{};
    case 17:
      return random.next() % 2 ? Event(event::FormatSet{}) : event::FormatsMissing{random.next() % 2 == 0};
    case 18:
      return event::NoOtherEndpoint{error};
    case 19:
      return event::RenewalFailed{error, random.next() % 2 == 0};
    case 20:
      return random.next() % 4 == 0 ? Event(event::Hold{}) : event::Release{};
    default:
      return event::TimerFired{
          pick(Timer::retry, Timer::retry, Timer::session, Timer::progress, Timer::burst)};
  }
}

LifeConfig randomConfig(Random& random) {
  LifeConfig config;
  config.hasTags = random.next() % 2 == 0;
  if (random.next() % 3 == 0) config.burstInterval = Seconds(10);
  if (random.next() % 3 == 0) config.credentialsLife = Seconds(60);
  if (random.next() % 8 == 0) config.retry.timeout = Seconds(600);
  if (random.next() % 2 == 0) config.staleness = Seconds(60);
  return config;
}

/// What the next look will see.
void look(Random& random, LifeDriver& m) {
  m.hasSendable = random.next() % 8 != 0;
  m.seen.silence = random.upTo(Nanoseconds(Seconds(66)));
  m.seen.sourcePause = random.upTo(Nanoseconds(Seconds(18)));
  m.seen.sourceHeldBack = random.next() % 4 == 0;
  m.seen.bytesSent += random.next() % 2;
}

/// A long walk; every step must be one of the table's. Gives the edges that it went over.
Edges walk(std::uint64_t seed) {
  Random random(seed);
  LifeDriver m(randomConfig(random), seed);
  m.start();
  Edges met;
  for (int step = 0; step < 4000 && m.state() != S::stopped; ++step) {
    m.advance(random.upTo(Nanoseconds(Seconds(20))));
    look(random, m);
    const Event event = randomEvent(random);
    // A timer that was not set does not fire.
    const auto* fired = std::get_if<event::TimerFired>(&event);
    if (fired && !m.timerSet(fired->timer)) continue;
    fired ? m.fire(fired->timer) : m.on(event);
    const S after = m.state();
    for (auto from = m.passed().begin(), to = from + 1; to != m.passed().end(); from = to++) {
      EXPECT_TRUE(mayFollow(*from, *to))
          << stateName(*from) << " -> " << stateName(*to) << " by event " << event.index();
      if (*from != *to && *to != S::stopped && *to != S::held) met.insert({*from, *to});
    }
    const bool inSession =
        after == S::streaming || after == S::handingOver || after == S::idle || after == S::draining;
    EXPECT_EQ(m.sessionOpen(), inSession) << stateName(after);
    EXPECT_EQ(m.timerSet(Timer::retry), after == S::waiting) << "a wait always ends: " << stateName(after);
    const bool ending = inSession && after != S::streaming;
    EXPECT_EQ(m.timerSet(Timer::progress), ending) << "an end is always bounded: " << stateName(after);
    if (testing::Test::HasFailure()) return met;
  }
  return met;
}

TEST(LifeTable, AWalkKeepsToItAndGoesOverAllOfIt) {
  Edges met{{S::configuring, S::credentials}};  // begun outside of the walk
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed)
    met.merge(walk(seed));
  for (const auto& [from, to] : tableEdges())
    EXPECT_TRUE(met.contains({from, to})) << stateName(from) << " -> " << stateName(to) << " was never met";
}

TEST(LifeTable, EveryStateHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Followers& row : lifeTable)
    EXPECT_TRUE(names.insert(stateName(row.from)).second);
  EXPECT_EQ(names.size(), 13u);
  EXPECT_TRUE(names.contains("handing-over"));
}

/// The lines `a --> b` of docs/reliability.md.
std::set<std::string> pictureEdges() {
  std::ifstream page(RELIABILITY_PAGE);
  EXPECT_TRUE(page) << RELIABILITY_PAGE;
  std::set<std::string> edges;
  const std::regex edge(R"(^\s*([a-z_]+) --> ([a-z_]+)\s*$)");
  std::smatch parts;
  for (std::string line; std::getline(page, line);) {
    if (std::regex_match(line, parts, edge)) edges.insert(parts.str(1) + " " + parts.str(2));
  }
  return edges;
}

TEST(LifeTable, ThePictureInTheDocumentationIsTheTable) {
  const auto name = [](S state) {
    std::string text(stateName(state));
    std::ranges::replace(text, '-', '_');
    return text;
  };
  std::set<std::string> table;
  for (const auto& [from, to] : tableEdges())
    table.insert(name(from) + " " + name(to));
  EXPECT_EQ(pictureEdges(), table);
}

}  // namespace
}  // namespace kvs::upload
