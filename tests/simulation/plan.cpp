// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/random.h"

namespace kvs::sim {

namespace {

using Kind = Fault::Kind;

/// From the last fault's end to the source's: long enough for every bound.
constexpr Seconds quiet{150};

constexpr std::array<const char*, Fault::kinds> names = {
    "refuse",        "blackhole",     "swallow",     "reset",         "slow link",
    "end response",  "error ack",     "call errors", "withhold acks", "withhold storage",
    "move endpoint", "delete stream", "nonsense",    "wall step",     "bad credentials",
    "pause source",  "end of stream", "flush",       "new format",    "time jump",
    "mute"};

template <class T, std::size_t N>
T pick(Random& random, const std::array<T, N>& values) {
  return values[random.next() % N];
}

Fault makeFault(Random& random, Milliseconds before, std::map<std::int64_t, int>& setAside) {
  Fault fault;
  fault.kind = static_cast<Kind>(random.next() % Fault::kinds);
  fault.at = random.upTo(before);
  fault.named = random.next() % 3 != 0;
  fault.lasts =
      Milliseconds(500) + random.upTo(random.next() % 4 == 0 ? Milliseconds(200'000) : Milliseconds(15'000));
  switch (fault.kind) {
    case Kind::errorAck: {
      static constexpr std::array<std::int64_t, 14> ids = {4000, 4001, 4002, 4003, 4004, 4006, 4008,
                                                           4009, 4010, 4011, 4500, 5000, 5001, 4999};
      fault.value = pick(random, ids);
      fault.lasts = Milliseconds(0);
      // Refusals without end are an error by design: a plan has one of each kind.
      const bool refuses =
          fault.value != 4000 && fault.value != 4003 && fault.value != 4008 && fault.value < 4500;
      if (refuses && ++setAside[0] > 2) fault.value = 4000;
      break;
    }
    case Kind::callErrors:
      fault.value = static_cast<std::int64_t>(random.next() % 9);
      break;
    case Kind::slowLink:
      fault.value = static_cast<std::int64_t>(1500 + random.next() % 30'000);
      break;
    case Kind::wallStep:
      fault.value = static_cast<std::int64_t>(random.next() % 200'000) - 100'000;
      fault.lasts = Milliseconds(0);
      break;
    case Kind::timeJump: {
      // Steps back are large: what a small one is nudged to is not the account's business.
      static constexpr std::array<std::int64_t, 6> jumps = {5'000,   40'000,  3'600'000,
                                                            -30'000, -60'000, -3'600'000};
      fault.value = pick(random, jumps);
      fault.lasts = Milliseconds(0);
      break;
    }
    case Kind::mute:
    case Kind::pauseSource:
      fault.lasts = Milliseconds(3'000) + random.upTo(Milliseconds(90'000));
      break;
    case Kind::reset:
    case Kind::endResponse:
    case Kind::moveEndpoint:
    case Kind::deleteStream:
    case Kind::nonsense:
    case Kind::endOfStream:
    case Kind::flush:
    case Kind::newFormat:
      fault.lasts = Milliseconds(0);
      break;
    default:
      break;
  }
  return fault;
}

/// Sessions end only as we want it: by a rotation, a new format, a pause, the end of the stream, a burst.
void makeCalm(Plan& plan, Milliseconds before, Random& random) {
  plan.calm = true;
  plan.clockBehind.reset();
  plan.streamExists = true;
  std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind < Kind::pauseSource; });
  plan.storageChunks = 512;
  plan.bufferDuration = Seconds(120);
  if (random.next() % 3 == 0) plan.burst = pick(random, std::array{Seconds(5), Seconds(20)});
  if (random.next() % 2 == 0) plan.rotation = Seconds(10);
  for (int i = 0; i < 4; ++i)
    plan.faults.push_back({Kind::newFormat, random.upTo(before)});
}

}  // namespace

Plan makePlan(std::uint64_t seed) {
  Random random(Random(seed).next());  // neighbours become strangers
  Plan plan;
  plan.seed = seed;
  plan.framesPerSecond = pick(random, std::array{1, 2, 4, 5, 10});
  plan.framesPerGroup = std::max(1, plan.framesPerSecond * pick(random, std::array{1, 2, 2, 4, 8}));
  if (random.next() % 8 == 0) plan.framesPerGroup = 1;  // key frames only
  plan.frameSize = pick(random, std::array<std::size_t, 4>{64, 300, 900, 6000});
  plan.reordered = random.next() % 4 == 0;
  plan.tags = random.next() % 3 == 0;
  plan.age = random.next() % 3 == 0 ? random.upTo(Milliseconds(500)) : Milliseconds(0);
  plan.storageChunks = pick(random, std::array<std::size_t, 4>{8, 24, 64, 512});
  plan.bufferDuration = pick(random, std::array{Seconds(20), Seconds(60), Seconds(120)});
  plan.timecodeScale = pick(random, std::array{Milliseconds(1), Milliseconds(1), Milliseconds(1),
                                               Milliseconds(10), Milliseconds(33)});
  plan.absoluteTimes = random.next() % 3 != 0;
  plan.streamExists = random.next() % 4 != 0;
  plan.retentionHours = random.next() % 8 == 0 ? 0 : 2;
  plan.latency = Milliseconds(1) + random.upTo(Milliseconds(150));
  plan.persistDelay = Milliseconds(50) + random.upTo(Milliseconds(2000));
  plan.readInsideResume = random.next() % 2 == 0;

  // A group of pictures that alone fills the storage is lost by design: there is room for a few.
  const std::size_t group =
      plan.frameSize * static_cast<std::size_t>(std::max(plan.framesPerGroup, plan.framesPerSecond) + 2);
  plan.storageChunks = std::max(plan.storageChunks, 4 * group / 65536 + 4);

  // Mostly minutes; now and then hours.
  const Milliseconds faulty = random.next() % 20 == 0
                                  ? Milliseconds(Seconds(3600)) + random.upTo(Milliseconds(Seconds(7200)))
                                  : Milliseconds(Seconds(30)) + random.upTo(Milliseconds(Seconds(240)));
  if (faulty > Seconds(1800)) {
    plan.framesPerGroup = std::max(1, plan.framesPerGroup * 2 / std::max(plan.framesPerSecond, 2));
    plan.framesPerSecond = std::min(plan.framesPerSecond, 2);
  }
  std::map<std::int64_t, int> setAside;
  const auto count = 1 + random.next() % 10;
  for (std::uint64_t i = 0; i < count; ++i)
    plan.faults.push_back(makeFault(random, faulty, setAside));
  // A stream is tied to the wall clock anew where a fragment begins. The source's own account takes each key
  // frame for that, which holds where groups are no shorter than the fragments that they may be merged to.
  if (plan.framesPerGroup < plan.framesPerSecond) {
    std::erase_if(plan.faults, [](const Fault& fault) {
      return fault.kind == Fault::Kind::wallStep || fault.kind == Fault::Kind::timeJump;
    });
  }
  plan.audio = random.next() % 3 == 0;
  if (!plan.audio) {
    std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind == Fault::Kind::mute; });
  }
  if (random.next() % 6 == 0) {
    plan.clockBehind = pick(random, std::array{Seconds(-700'000'000), Seconds(-600), Seconds(600),
                                               Seconds(86'400), Seconds(1'600'000'000)});
    std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind == Fault::Kind::wallStep; });
  }
  plan.drops = plan.audio && random.next() % 3 == 0;
  plan.shuffled = random.next() % 4 != 0;
  if (random.next() % 4 == 0)
    plan.rotation = pick(random, std::array{Seconds(10), Seconds(45), Seconds(120)});
  if (random.next() % 4 == 0) makeCalm(plan, faulty, random);
  std::ranges::stable_sort(plan.faults, {}, &Fault::at);
  plan.length = faulty;
  for (const Fault& fault : plan.faults)
    plan.length = std::max(plan.length, fault.end());
  plan.length += quiet;
  // Not with bursts: one that finds nothing ready yet takes it that there is nothing.
  plan.delayed = random.next() % 4 == 0 && !plan.burst;
  plan.twoLogs = random.next() % 4 == 0;
  return plan;
}

Nanoseconds recoveryBound(const Plan& plan) {
  Milliseconds end{0};
  for (const Fault& fault : plan.faults)
    end = std::max(end, fault.end());
  // What a retry may take: the back-off's cap, the connection's time-out and a second; then a fragment has
  // to end and to be stored.
  const Milliseconds group(1000 * plan.framesPerGroup / plan.framesPerSecond);
  Nanoseconds bound =
      Seconds(10 + 5 + 1) + 2 * std::max(group, Milliseconds(1000)) + plan.persistDelay + 6 * plan.latency;
  if (plan.burst) bound += 2 * *plan.burst;
  if (plan.delayed) bound += Seconds(9);  // three fetches
  for (const Fault& fault : plan.faults) {
    if (end - fault.end() > Seconds(120)) continue;
    switch (fault.kind) {
      case Kind::swallow:
        bound += Seconds(60);  // connection-staleness, then the service's own silence
        [[fallthrough]];
      case Kind::refuse:
      case Kind::blackhole:
      case Kind::withholdAcks:
        bound += Seconds(31);  // the service holds the session that it has not seen end
        break;
      case Kind::errorAck:
        bound += fault.value >= 4500 && fault.value < 4600 ? Seconds(60) : Seconds(10);
        break;
      case Kind::callErrors:
        bound += Seconds(30);
        break;
      case Kind::withholdStorage:
        bound += Seconds(60);
        break;
      case Kind::slowLink:
        bound += Seconds(60);  // a queue of resends
        break;
      default:
        bound += Seconds(10);  // one more wait of the back-off
    }
  }
  return std::min<Nanoseconds>(bound, quiet - Seconds(5));
}

std::string describe(const Fault& fault) {
  std::string text =
      "  " + std::to_string(fault.at.count()) + " ms: " + names[static_cast<std::size_t>(fault.kind)];
  if (fault.lasts.count() > 0) text += " for " + std::to_string(fault.lasts.count()) + " ms";
  if (fault.value != 0) text += ", value " + std::to_string(fault.value);
  if (fault.kind == Kind::errorAck) text += fault.named ? ", named" : ", unnamed";
  return text;
}

std::string describe(const Plan& plan) {
  std::string text =
      "seed " + std::to_string(plan.seed) + ": " + std::to_string(plan.length.count() / 1000) + " s, " +
      std::to_string(plan.framesPerSecond) + " frames/s, " + std::to_string(plan.framesPerGroup) +
      " a group, " + std::to_string(plan.frameSize) + " bytes, storage " +
      std::to_string(plan.storageChunks) + " chunks, buffer " + std::to_string(plan.bufferDuration.count()) +
      " s, scale " + std::to_string(plan.timecodeScale.count()) +
      (plan.absoluteTimes ? ", absolute" : ", relative") + (plan.reordered ? ", B-frames" : "") +
      (plan.audio ? ", microphone" : "") + (plan.drops ? " (drop)" : "") +
      (plan.clockBehind ? ", clock behind by " + std::to_string(plan.clockBehind->count()) + " s" : "") +
      (plan.streamExists ? "" : ", to be created") + (plan.retentionHours == 0 ? ", retention 0" : "") +
      ", latency " + std::to_string(plan.latency.count()) + " ms" + (plan.shuffled ? ", shuffled" : "") +
      (plan.calm ? ", calm" : "") + (plan.delayed ? ", delayed" : "") + (plan.twoLogs ? ", two logs" : "") +
      (plan.rotation < Seconds(3600) ? ", rotation " + std::to_string(plan.rotation.count()) + " s" : "") +
      (plan.burst ? ", bursts every " + std::to_string(plan.burst->count()) + " s" : "") +
      ", persisted after " + std::to_string(plan.persistDelay.count()) + " ms\n";
  for (const Fault& fault : plan.faults)
    text += describe(fault) + "\n";
  return text;
}

}  // namespace kvs::sim
