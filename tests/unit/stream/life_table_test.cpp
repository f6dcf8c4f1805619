// SPDX-License-Identifier: Apache-2.0
// The table of transitions: which states each state may follow, met by a long seeded walk. What the
// machine asks for must fit where it is, whatever the world answers.
#include <fstream>
#include <regex>
#include <set>

#include "base/random.h"
#include "life_driver.h"
#include "upload/life_table.h"

namespace kvs::stream {
namespace {

using test::errorOf;
using test::LifeDriver;

using S = upload::State;
using Edges = std::set<std::pair<S, S>>;

Edges tableEdges() {
  Edges edges;
  for (const upload::Followers& row : upload::lifeTable) {
    for (const S to : row)
      edges.insert({row.from, to});
  }
  return edges;
}

upload::Event randomEvent(Random& random) {
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
  using Status = upload::event::Described::Status;
  switch (random.next() % 20) {
    case 0:
      return upload::event::CredentialsFetched{};
    case 1:
      return upload::event::Described{
          pick(Status::usable, Status::usable, Status::creating, Status::deleting)};
    case 2:
      return upload::event::Created{};
    case 3:
      return upload::event::Tagged{};
    case 4:
      return upload::event::Located{};
    case 5:
      return upload::event::CallFailed{error};
    case 6:
      return upload::event::DataAvailable{random.next() % 4 == 0};
    case 7:
      return upload::event::SessionAnswered{};
    case 8:
      return random.next() % 2 ? upload::event::SessionEnded{error} : upload::event::SessionEnded{};
    case 9:
      return upload::event::AckRefused{
          pick(AckPolicy::reconnect, AckPolicy::newSession, AckPolicy::setAside, AckPolicy::setAsideOnRepeat,
               AckPolicy::resendWithoutTags, AckPolicy::resendOtherHeader, AckPolicy::correctClock,
               AckPolicy::describe, AckPolicy::retryKms, AckPolicy::streamDeleted),
          error, fragment};
    case 10:
    case 11:
      return upload::event::Persisted{};
    case 12:
      return upload::event::SessionConfirmed{};
    case 13:
      return upload::event::SourcePaused{};
    case 14:
      return upload::event::HandOver{};
    case 15:
      return upload::event::EndOfStream{};
    case 16:
      return upload::event::LogEmpty{};
    default:
      return upload::event::TimerFired{pick(upload::Timer::retry, upload::Timer::retry,
                                            upload::Timer::session, upload::Timer::progress,
                                            upload::Timer::burst)};
  }
}

upload::LifeConfig randomConfig(Random& random) {
  upload::LifeConfig config;
  config.hasTags = random.next() % 2 == 0;
  if (random.next() % 3 == 0) config.burstInterval = Seconds(10);
  if (random.next() % 3 == 0) config.credentialsLife = Seconds(60);
  if (random.next() % 8 == 0) config.retryTimeout = Seconds(600);
  return config;
}

/// A long walk; every step must be one of the table's. Gives the edges that it went over.
Edges walk(std::uint64_t seed) {
  Random random(seed);
  LifeDriver m(randomConfig(random), seed);
  m.start();
  Edges met;
  for (int step = 0; step < 4000 && m.state() != S::stopped; ++step) {
    m.advance(random.upTo(Nanoseconds(Seconds(20))));
    const S before = m.state();
    const upload::Event event = randomEvent(random);
    // A timer that was not set does not fire.
    const auto* fired = std::get_if<upload::event::TimerFired>(&event);
    if (fired && !m.timerSet(fired->timer)) continue;
    fired ? m.fire(fired->timer) : m.on(event);
    const S after = m.state();
    EXPECT_TRUE(upload::mayFollow(before, after))
        << upload::stateName(before) << " -> " << upload::stateName(after) << " by event " << event.index();
    if (after != before && after != S::stopped) met.insert({before, after});
    const bool inSession =
        after == S::streaming || after == S::handingOver || after == S::idle || after == S::draining;
    EXPECT_EQ(m.sessionOpen(), inSession) << upload::stateName(after);
    EXPECT_EQ(m.timerSet(upload::Timer::retry), after == S::waiting)
        << "a wait always ends: " << upload::stateName(after);
    const bool ending = inSession && after != S::streaming;
    EXPECT_EQ(m.timerSet(upload::Timer::progress), ending)
        << "an end is always bounded: " << upload::stateName(after);
    if (testing::Test::HasFailure()) return met;
  }
  return met;
}

TEST(LifeTable, AWalkKeepsToItAndGoesOverAllOfIt) {
  Edges met{{S::configuring, S::credentials}};  // begun outside of the walk
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed)
    met.merge(walk(seed));
  for (const auto& [from, to] : tableEdges())
    EXPECT_TRUE(met.contains({from, to}))
        << upload::stateName(from) << " -> " << upload::stateName(to) << " was never met";
}

TEST(LifeTable, EveryStateHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const upload::Followers& row : upload::lifeTable)
    EXPECT_TRUE(names.insert(upload::stateName(row.from)).second);
  EXPECT_EQ(names.size(), 12u);
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
    std::string text(upload::stateName(state));
    std::ranges::replace(text, '-', '_');
    return text;
  };
  std::set<std::string> table;
  for (const auto& [from, to] : tableEdges())
    table.insert(name(from) + " " + name(to));
  EXPECT_EQ(pictureEdges(), table);
}

}  // namespace
}  // namespace kvs::stream
