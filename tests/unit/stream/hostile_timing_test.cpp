// SPDX-License-Identifier: Apache-2.0
// Hostile timing: seeded lives of one to three tracks whose times are missing, equal, backward, jumping,
// wrapped or lied about, whose access units come in pieces, and whose storage is too small. What the service
// asks for must hold on the wire in every one of them, and every frame that was taken is sent or counted.
// HOSTILE_SEEDS=N runs N lives, HOSTILE_FROM=S begins with seed S.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/random.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using kvs::test::largePicture;
using kvs::test::ReadBlock;
using kvs::test::ReadCluster;
using kvs::test::ReadSession;
using kvs::test::ReadTag;
using kvs::test::smallPicture;
using media::TrackKind;

/// Of MPEG-TS: 33 bits of 90 kHz.
constexpr Nanoseconds wrap = Nanoseconds((std::int64_t{1} << 33) / 9 * 100'000);
constexpr Nanoseconds largestJump = 26h;
constexpr int framesOfLife = 220;
/// "Less a frame": what a fragment may lack of the service's second.
constexpr Nanoseconds mostLacking = 100ms;
constexpr std::string_view endMark = "AWS_KINESISVIDEO_END_OF_FRAGMENT";

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int upTo(int most) { return static_cast<int>(random_.next() % static_cast<unsigned>(most + 1)); }
  bool permille(int chance) { return upTo(999) < chance; }
  bool half() { return permille(500); }
  template <class T, std::size_t n>
  T oneOf(const std::array<T, n>& all) {
    return all[static_cast<std::size_t>(upTo(static_cast<int>(n) - 1))];
  }
  Nanoseconds time(Nanoseconds least, Nanoseconds most) { return least + random_.upTo(most - least); }
  /// From a second to 26 h, as often short as long, to either side.
  Nanoseconds jump() {
    const auto most = oneOf(std::array<Nanoseconds, 4>{2s, 15s, 1h, largestJump});
    return time(1s, most) * (half() ? 1 : -1);
  }

 private:
  Random random_;
};

/// What one life is like from its beginning.
struct Plan {
  explicit Plan(Dice& dice) {
    using Source = TimestampSource;
    scale = dice.oneOf(std::array{1ms, 1ms, 7ms, 33ms, 100ms});
    source = dice.oneOf(std::array{Source::automatic, Source::automatic, Source::runningTime,
                                   Source::reference, Source::pts, Source::arrival});
    faults = dice.oneOf(std::array{0, 10, 50, 200, 600});
    upheavals = dice.oneOf(std::array{0, 5, 20, 100});
    video = dice.permille(850);
    audio = !video || dice.permille(600);
    data = dice.permille(300);
    videoPeriod = dice.oneOf(std::array<Nanoseconds, 4>{40ms, 33'333'333ns, 100ms, 500ms});
    audioPeriod = dice.oneOf(std::array<Nanoseconds, 3>{20ms, 128ms, 500ms});
    groupFrames = 1 + 3 * dice.oneOf(std::array{0, 3, 8, 16, 83});
    base = dice.oneOf(std::array<Nanoseconds, 4>{0s, 1000h, -3s, wrap - 4s});
  }
  bool offline() const { return type == StreamingType::offline; }
  bool isPressed() const { return chunks > 0; }
  bool isAac() const { return sound != Sound::g711; }
  std::size_t storage() const { return isPressed() ? chunks * store::chunkSize : std::size_t{64} << 20; }

  enum class Sound { g711, aac, adts };

  Milliseconds scale{1};
  TimestampSource source = TimestampSource::automatic;
  int faults = 0;     ///< permille of frames
  int upheavals = 0;  ///< the same, of what befalls a track or all
  bool video = false, audio = false, data = false;
  bool reorders = false, opensGroups = false, saysDts = true;
  bool absolute = true, readsAlong = false, smallLimits = false, hasStart = false;
  StreamingType type = StreamingType::realtime;
  SilentTrack silentTrack = SilentTrack::fill;
  Nanoseconds videoPeriod{0}, audioPeriod{0};
  int groupFrames = 0;
  Nanoseconds base{0};
  bool nalAligned = false, saysEnd = false, delimits = false;
  Sound sound = Sound::g711;
  std::size_t chunks = 0;  ///< of storage, where there is little; the pictures are large then
};

Plan makePlan(Dice& dice) {
  Plan plan(dice);
  plan.reorders = dice.half();
  plan.opensGroups = dice.permille(200);
  plan.saysDts = dice.half();
  plan.absolute = dice.half();
  plan.readsAlong = dice.half();
  plan.smallLimits = dice.permille(300);
  plan.hasStart = dice.permille(150);
  if (dice.permille(300)) plan.type = StreamingType::offline;
  if (dice.permille(300)) plan.silentTrack = SilentTrack::drop;
  plan.nalAligned = dice.permille(400);
  plan.saysEnd = dice.half();
  plan.delimits = dice.half();
  plan.sound = dice.oneOf(std::array{Plan::Sound::g711, Plan::Sound::aac, Plan::Sound::adts});
  if (dice.permille(300)) {
    plan.chunks = static_cast<std::size_t>(4 + dice.upTo(24));
    plan.video = true;
    // Offline one thread brings all here: a wait for sound would end by the clock, which stands still.
    if (plan.offline()) plan.audio = plan.data = false;
  }
  return plan;
}

intake::IngestConfig ingestConfig(const Plan& plan) {
  intake::IngestConfig config;
  config.streamingType = plan.type;
  config.timestampSource = plan.source;
  intake::SequencerConfig& sequencer = config.sequencer;
  sequencer.silentTrack = plan.silentTrack;
  sequencer.keepsAll = plan.offline();
  if (plan.offline()) {
    sequencer.fragmenter.enough = 10s;
    sequencer.interleaver.mediaTimeout = 10s;
  }
  if (plan.smallLimits) {
    sequencer.fragmenter.maximumBytes = 12'000;
    sequencer.fragmenter.enoughBytes = 9'000;
  }
  sequencer.header.timecodeScale = plan.scale;
  sequencer.header.muxingApp = sequencer.header.writingApp = "test";
  sequencer.header.segmentUid[0] = std::byte{1};
  return config;
}

intake::TimelineConfig timelineConfig(const Plan& plan) {
  intake::TimelineConfig config{plan.scale, plan.source, std::nullopt, plan.offline() || plan.hasStart};
  if (plan.hasStart) config.start = WallTime(1'600'000'000s);
  return config;
}

/// One track's source.
struct Feed {
  TrackKind kind = TrackKind::video;
  Nanoseconds period{0};
  Nanoseconds at{0};      ///< true time since the life began
  Nanoseconds offset{0};  ///< of its clock
  std::optional<Nanoseconds> lastPts;
  int inGroup = 0;
  bool large = false;      ///< the second of its two formats
  intake::TrackPtr track;  ///< null: it is not in the stream
};

/// A frame that put() took, as the wire should show it.
struct Taken {
  std::uint64_t track = 0;
  TrackKind kind = TrackKind::video;
  bool large = false;
};

/// AudioSpecificConfig of AAC LC in stereo, 44.1 or 48 kHz (ISO/IEC 14496-3 1.6.2.1).
Bytes aacConfig(bool large) {
  return kvs::test::fromHex(large ? "1190" : "1210");
}

/// The same as the header of one frame (1.A.2.2).
Bytes adts(bool large, ByteView sound) {
  Bytes frame = kvs::test::fromHex(large ? "fff14c80000000" : "fff15080000000");
  const std::size_t size = frame.size() + sound.size();
  frame[4] = static_cast<std::byte>(size >> 3);
  frame[5] = static_cast<std::byte>((size & 7) << 5 | 0x1f);
  frame[6] = std::byte{0xfc};
  frame.insert(frame.end(), sound.begin(), sound.end());
  return frame;
}

/// What a life has met.
struct Met {
  std::uint64_t pieces = 0;          ///< of access units, each put by itself
  std::uint64_t sounds = 0;          ///< frames of AAC
  std::uint64_t waits = 0;           ///< offline, for room
  std::uint64_t gaveUp = 0;          ///< offline, where one group of pictures fills the storage
  std::uint64_t lostFragments = 0;   ///< in real time
  std::uint64_t brokenSessions = 0;  ///< closed inside a fragment, which stood in the way of new data

  void add(const Met& other) {
    pieces += other.pieces;
    sounds += other.sounds;
    waits += other.waits;
    gaveUp += other.gaveUp;
    lostFragments += other.lostFragments;
    brokenSessions += other.brokenSessions;
  }
};

/// Reads what the sessions carry, and notes every promise that they break.
class Judge {
 public:
  Judge(const Plan& plan, const std::vector<Taken>& taken) : plan_(plan), taken_(taken) {}

  /// The Clusters of the fragments that it sent whole.
  void session(const ReadSession& session, std::size_t whole) {
    session_ = &session;
    greatest_.reset();
    demand(session.clusters.size() >= whole, "a Cluster for each fragment");
    for (std::size_t i = 0; i < std::min(session.clusters.size(), whole); ++i) {
      const bool isLast = i + 1 == session.clusters.size();
      cluster(session.clusters[i]);
      const auto& behind = isLast ? session.tagsBehind : session.clusters[i + 1].tagsBefore;
      const bool ended = tags(session.clusters[i].tagsBefore, behind);
      if (isLast || ended) continue;
      const Nanoseconds length =
          ticks(session.clusters[i + 1].timecode) - ticks(session.clusters[i].timecode);
      demand(length >= 1s - mostLacking - plan_.scale, "a fragment is too short: ", length);
    }
  }
  void demand(bool holds, const std::string& what, Nanoseconds by = {}) {
    if (!holds) broken.push_back(what + (by == Nanoseconds{0} ? "" : std::to_string(by / 1ms) + " ms"));
  }

  std::vector<std::string> broken;
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;  ///< of these, the application's

 private:
  Nanoseconds ticks(std::uint64_t count) const { return plan_.scale * static_cast<std::int64_t>(count); }

  void cluster(const ReadCluster& cluster) {
    const auto timecode = static_cast<std::int64_t>(cluster.timecode);
    demand(!greatest_ || timecode > *greatest_, "a Cluster's time is greater than all before it");
    demand(!cluster.blocks.empty(), "a Cluster has blocks");
    std::set<std::uint64_t> seen;
    std::uint64_t bytes = 0;
    for (const ReadBlock& one : cluster.blocks) {
      block(one);
      seen.insert(one.track);
      bytes += one.payload.size();
      greatest_ = std::max(greatest_.value_or(0), timecode + one.relative);
    }
    for (const auto& track : session_->tracks)
      demand(seen.contains(track.number), "no block of track " + std::to_string(track.number));
    if (plan_.smallLimits)
      demand(bytes <= 12'000 + 1'000 * session_->tracks.size(),
             "a fragment has " + std::to_string(bytes) + " bytes");
    if (cluster.blocks.empty() || session_->tracks.empty() || session_->tracks[0].type != 1) return;
    const ReadBlock& first = cluster.blocks.front();
    demand(first.track == session_->tracks[0].number && first.key(), "a fragment begins with a key frame");
  }

  void block(const ReadBlock& block) {
    ++blocks;
    demand(block.relative >= 0, "no relative time is negative");
    demand(plan_.scale * block.relative < 20s, "a block stands beyond 20 s: ", plan_.scale * block.relative);
    const auto track = std::ranges::find(session_->tracks, block.track, &kvs::test::ReadTrack::number);
    if (track == session_->tracks.end()) return demand(false, "a block of a track that the header lacks");
    const auto number = numberOf(*track, block);
    if (!number) return;
    ++frames;
    if (*number >= taken_.size()) return demand(false, "an unknown frame");
    const Taken& frame = taken_[*number];
    demand(frame.track == block.track, "a frame on another track");
    demand(fits(*track, frame), "frame " + std::to_string(*number) + " under another format's header");
    const auto [last, isFirst] = last_.try_emplace(block.track, *number);
    demand(isFirst || *number > last->second, "frame " + std::to_string(*number) + " out of order");
    last->second = *number;
  }

  /// Nothing of what was made up in a silent track's place.
  static std::optional<std::uint64_t> numberOf(const kvs::test::ReadTrack& track, const ReadBlock& block) {
    if (track.type == 1) return test::frameNumber(block.payload);
    const std::string text(asText(block.payload).substr(0, 9));
    if (text.empty() || text[0] != 'n' || (block.flags & 0x01) != 0) return std::nullopt;
    return std::stoull(text.substr(1));
  }
  bool fits(const kvs::test::ReadTrack& track, const Taken& frame) const {
    if (frame.kind == TrackKind::video) {
      return track.codecPrivate == kvs::test::fromHex((frame.large ? largePicture : smallPicture).avcC);
    }
    const bool isSound = frame.kind == TrackKind::audio;
    if (isSound && plan_.isAac()) return track.codecPrivate == aacConfig(frame.large);
    return !isSound || track.codecPrivate[2] == std::byte{frame.large ? std::uint8_t{2} : std::uint8_t{1}};
  }

  /// Of one fragment, which stand before its Cluster and behind it. True where an end tag closes it.
  bool tags(const std::vector<ReadTag>& before, const std::vector<ReadTag>& behind) {
    const auto isEnd = [](const ReadTag& tag) { return tag.name == endMark; };
    const auto head = before.end() - std::ranges::find_if(before.rbegin(), before.rend(), isEnd).base();
    const auto end = std::ranges::find_if(behind, isEnd);
    const auto tail = end == behind.end() ? 0 : end - behind.begin();
    demand(head + tail <= 10, std::to_string(head + tail) + " tags in a fragment");
    demand(std::ranges::count_if(behind, isEnd) <= 1, "more than one end tag");
    return end != behind.end();
  }

  const Plan& plan_;
  const std::vector<Taken>& taken_;
  const ReadSession* session_ = nullptr;
  std::optional<std::int64_t> greatest_;
  std::map<std::uint64_t, std::uint64_t> last_;
};

/// Ingest and sessions, without a network, and what befalls them.
class Life final : private upload::BodyObserver {
 public:
  explicit Life(std::uint64_t seed)
      : dice_(seed),
        plan_(makePlan(dice_)),
        store_({std::make_shared<store::StorageBudget>(plan_.storage()), std::chrono::hours(1000)}, pool_),
        state_(store_.log(), timelineConfig(plan_)),
        ingest_(ingestConfig(plan_), store_, state_, clock_),
        judge_(plan_, taken_) {
    if (plan_.video) feeds_.push_back({.kind = TrackKind::video, .period = plan_.videoPeriod});
    if (plan_.audio) feeds_.push_back({.kind = TrackKind::audio, .period = plan_.audioPeriod});
    if (plan_.data) feeds_.push_back({.kind = TrackKind::data, .period = 700ms});
    if (plan_.source == TimestampSource::pts) plan_.base = clock_.wallNow().time_since_epoch();
    // Whoever waits for room is sent away at once, as by another pad's flush, and comes again.
    state_.interrupted = plan_.offline();
  }

  std::vector<std::string> run() {
    for (Feed& feed : feeds_)
      set(feed);
    for (int i = 0; i < framesOfLife && met_.gaveUp == 0; ++i)
      step();
    ingest_.seal(intake::Ingest::SealWith::nothing);
    read();
    if (body_) {
      body_->finish(upload::SessionBody::Finish::everything);
      read();
    }
    judge_.demand(store_.log().isEmpty(), "everything can be sent");
    for (const FragmentLost& loss : store_.takeLosses())
      lost(loss);
    balance();
    return judge_.broken;
  }

  const IntakeCounts& stats() const { return state_.stats; }
  const Met& met() const { return met_; }
  std::uint64_t sessions() const { return sessions_; }

 private:
  // --- the source ---

  void step() {
    Feed& feed = *std::ranges::min_element(feeds_, {}, &Feed::at);
    if (!plan_.offline()) passUntil(begun_ + feed.at);
    if (dice_.permille(plan_.upheavals)) upset(feed);
    if (!feed.track) set(feed);
    feed.at += feed.period * put(feed);
    if (plan_.readsAlong) read();
  }

  void set(Feed& feed) {
    TrackFormat format;
    format.inputFraming.kind = media::NalFraming::Kind::annexB;
    if (feed.kind == TrackKind::audio) {
      describeSound(format, feed);
    }
    format.nalAligned = feed.kind == TrackKind::video && plan_.nalAligned;
    if (feed.kind == TrackKind::data) {
      format.codec = media::Codec::other;
      format.codecId = "S_TEXT/UTF8";
    }
    if (!feed.track) feed.track = *ingest_.addTrack(feed.kind);
    judge_.demand(ingest_.setFormat(*feed.track, format).has_value(), "a track can be set");
  }

  void describeSound(TrackFormat& format, const Feed& feed) const {
    format.codec = plan_.isAac() ? media::Codec::aac : media::Codec::mulaw;
    format.adts = plan_.sound == Plan::Sound::adts;
    if (plan_.sound == Plan::Sound::aac) format.codecPrivate = aacConfig(feed.large);
    if (plan_.isAac()) return;
    format.samplingFrequency = 8000;
    format.channels = feed.large ? 2 : 1;
  }

  /// As the stream's timer does: whoever has waited for long enough goes, and the timer never spins.
  void passUntil(TimePoint when) {
    for (auto due = ingest_.deadline(); due && *due <= when; due = ingest_.deadline()) {
      clock_.advanceTo(*due);
      ingest_.expire();
      const auto next = ingest_.deadline();
      if (!next || *next > clock_.now()) continue;
      judge_.demand(false, "the timer spins");
      break;
    }
    clock_.advanceTo(when);
  }

  /// Returns how many frames it was: a payload of ADTS may hold two.
  int put(Feed& feed) {
    Frame frame = good(feed);
    if (dice_.permille(plan_.faults)) spoil(frame, feed);
    const bool isAdts = feed.kind == TrackKind::audio && plan_.sound == Plan::Sound::adts;
    const int frames = isAdts && dice_.permille(300) ? 2 : 1;
    const std::uint64_t number = taken_.size();
    taken_.resize(taken_.size() + static_cast<std::size_t>(frames),
                  {feed.track->number, feed.kind, feed.large});
    if (putAll(feed, frame, payloads(feed, number, frames))) putFrames_ += static_cast<std::uint64_t>(frames);
    if (frame.pts) feed.lastPts = frame.pts;
    if (++feed.inGroup >= plan_.groupFrames) feed.inGroup = 0;
    return frames;
  }

  /// One frame, in as many pieces as it comes in. True where it was taken, or was refused and counted.
  bool putAll(Feed& feed, Frame& frame, const std::vector<Bytes>& pieces) {
    bool all = true;
    for (std::size_t i = 0; i < pieces.size() && all; ++i) {
      const ByteView view(pieces[i]);
      frame.payload = Pieces(&view, 1);
      frame.endOfUnit =
          pieces.size() == 1 ? !plan_.nalAligned || plan_.saysEnd : plan_.saysEnd && i + 1 == pieces.size();
      all = putPiece(feed, frame);
    }
    if (pieces.size() > 1) met_.pieces += pieces.size();
    return all;
  }

  bool putPiece(Feed& feed, const Frame& frame) {
    for (int tries = 0; tries < 1000; ++tries) {
      const auto outcome = ingest_.put(*feed.track, frame);
      if (!outcome) {
        if (outcome.error().code == StatusCode::storeOutOfMemory) ++met_.gaveUp;
        return false;
      }
      if (outcome->closeSession) breakOff();
      if (outcome->fate != FrameFate::interrupted) return true;
      ++met_.waits;
      makeRoom(tries > 0);
    }
    judge_.demand(false, "a frame waits for ever");
    return false;
  }

  /// Bytes as the source hands them over: NAL units one by one, or the whole.
  std::vector<Bytes> payloads(const Feed& feed, std::uint64_t number, int frames) {
    if (feed.kind == TrackKind::video) return pictures(feed, number);
    if (feed.kind == TrackKind::audio && plan_.isAac()) met_.sounds += static_cast<std::uint64_t>(frames);
    if (feed.kind != TrackKind::audio || plan_.sound != Plan::Sound::adts) return {sample(number)};
    Bytes all;
    for (int i = 0; i < frames; ++i) {
      const Bytes one = adts(feed.large, sample(number + static_cast<std::uint64_t>(i)));
      all.insert(all.end(), one.begin(), one.end());
    }
    return {all};
  }

  std::vector<Bytes> pictures(const Feed& feed, std::uint64_t number) {
    auto units = picture(feed, number);
    if (!plan_.nalAligned) return {test::annexB(units)};
    if (plan_.delimits) units.insert(units.begin(), kvs::test::fromHex("09f0"));
    std::vector<Bytes> pieces;
    for (const Bytes& unit : units)
      pieces.push_back(test::annexB({unit}));
    return pieces;
  }

  Frame good(const Feed& feed) {
    Frame frame;
    const Nanoseconds decoded = plan_.base + feed.at + feed.offset;
    const bool wraps = plan_.base == wrap - 4s;
    const auto wrapped = [&](Nanoseconds time) { return wraps ? time % wrap : time; };
    frame.pts = wrapped(decoded + (feed.kind == TrackKind::video ? shownAfter(feed.inGroup) : 0s));
    if (plan_.saysDts) frame.dts = wrapped(decoded);
    frame.duration = feed.kind == TrackKind::data ? 0s : feed.period;
    frame.key = feed.kind != TrackKind::video || feed.inGroup == 0;
    if (age_) frame.captured = clock_.now() - *age_;
    if (referenceOffset_) frame.reference = clock_.wallNow() + *referenceOffset_;
    return frame;
  }

  /// Presentation after decoding: I P B B, or with pictures that lead their key frame.
  Nanoseconds shownAfter(int inGroup) const {
    static constexpr std::array plain{1, 3, 0, 0}, open{3, 0, 0, 1};
    if (!plan_.reorders && !plan_.opensGroups) return 0s;
    if (plan_.opensGroups) return plan_.videoPeriod * open[static_cast<std::size_t>(std::min(inGroup, 3))];
    const int place = inGroup == 0 ? 0 : 1 + (inGroup - 1) % 3;
    return plan_.videoPeriod * plain[static_cast<std::size_t>(place)];
  }

  std::vector<Bytes> picture(const Feed& feed, std::uint64_t number) {
    std::size_t size = plan_.smallLimits ? static_cast<std::size_t>(dice_.upTo(700) + 20) : 20;
    if (plan_.smallLimits && dice_.permille(10)) size = 11'000;
    if (plan_.isPressed() && !plan_.smallLimits) size = static_cast<std::size_t>(dice_.upTo(30'000) + 20);
    auto units =
        kvs::test::accessUnit(feed.inGroup == 0, number, size, feed.large ? largePicture : smallPicture);
    if (plan_.opensGroups && feed.inGroup == 0) {  // a recovery point instead of an IDR picture
      units.back() = kvs::test::slice(false, number, size);
      units.insert(units.end() - 1, kvs::test::fromHex("060601c480"));
    }
    return units;
  }
  static Bytes sample(std::uint64_t number) {
    std::array<char, 10> text{};
    std::snprintf(text.data(), text.size(), "n%08u", static_cast<unsigned>(number));
    const ByteView bytes = asBytes({text.data(), 9});
    return {bytes.begin(), bytes.end()};
  }

  // --- what goes wrong ---

  void spoil(Frame& frame, const Feed& feed) {
    switch (dice_.upTo(10)) {
      case 0:
        frame.pts.reset();
        break;
      case 1:
        frame.dts.reset();
        break;
      case 2:
        frame.pts.reset();
        frame.dts.reset();
        break;
      case 3:
        frame.duration = 0s;
        break;
      case 4:
        frame.duration = dice_.time(1ms, 30s);
        break;
      case 5:
        frame.pts = feed.lastPts;
        break;
      case 6:
        *frame.pts -= dice_.time(1ns, 1s);
        break;
      case 7:
        *frame.pts += dice_.jump();
        break;
      case 8:
        *frame.pts += dice_.jump();
        frame.dts = frame.pts;
        break;
      case 9:
        frame.corrupted = frame.invisible = true;
        break;
      default:
        frame.captured = clock_.now() - dice_.jump();
    }
  }

  void upset(Feed& feed) {
    switch (dice_.upTo(15)) {
      case 0:
        feed.offset += dice_.jump();
        break;
      case 1: {
        const Nanoseconds jump = dice_.jump();
        for (Feed& each : feeds_)
          each.offset += jump;
        break;
      }
      case 2:
        feed.at += dice_.time(300ms, 30s);
        break;
      case 3: {
        const Nanoseconds pause = dice_.time(300ms, 30s);
        for (Feed& each : feeds_)
          each.at += pause;
        break;
      }
      case 4:
        clock_.stepWall(dice_.half() ? dice_.jump() : dice_.time(-1s, 1s));
        break;
      case 5:
        ingest_.gap(*feed.track, plan_.base + feed.at + feed.offset + dice_.time(0s, 5s));
        feed.at += dice_.time(0s, 5s);
        break;
      case 6:
        ingest_.seal(dice_.half() ? intake::Ingest::SealWith::nothing : intake::Ingest::SealWith::endTag);
        break;
      case 7:
        ingest_.end(*feed.track);
        break;
      case 8:
        ingest_.remove(*std::exchange(feed.track, nullptr));
        if (dice_.half()) feed.at += dice_.time(300ms, 30s);
        beginAnew(feed);
        break;
      case 9:
        beginAnew(feed);
        set(feed);
        break;
      case 10:
        set(feed);
        break;
      case 11:
        for (int i = dice_.upTo(11); i >= 0; --i)
          static_cast<void>(
              ingest_.putMetadata({"tag" + std::to_string(i), dice_.half() ? "a" : "b"}, dice_.half()));
        break;
      case 12:
        static_cast<void>(ingest_.putEvent(
            {dice_.half() ? FragmentEvent::Type::notification : FragmentEvent::Type::imageGeneration,
             {},
             {{"pair", "1"}}}));
        break;
      case 13:
        referenceOffset_ =
            dice_.permille(300) ? std::nullopt : std::optional(dice_.half() ? dice_.jump() : 0s);
        break;
      case 14:
        age_ = dice_.permille(300) ? std::nullopt : std::optional(dice_.time(0s, 900ms));
        break;
      default:
        for (Feed& each : feeds_)
          each.at += &each == &feed ? 0s : 700ms;
    }
  }

  /// The other of its two formats, from a key frame on.
  void beginAnew(Feed& feed) {
    feed.large = !feed.large && dice_.half();
    feed.inGroup = 0;
  }

  // --- the sessions ---

  /// Everything that can be sent now, a session after the other as StreamCore does.
  void read() {
    for (;;) {
      if (!body_ && !openSession()) return;
      if (!readSession()) return;
    }
  }

  bool openSession() {
    const store::FragmentRecord* next = store_.feed().ahead().record;
    if (!next) return false;
    const auto& fragment = next->content;
    upload::BodyObserver& observer = *this;
    body_ = std::make_unique<upload::SessionBody>(
        upload::SessionBody::Config{fragment->header, fragment->epoch, plan_.absolute}, store_, sent_, pacer_,
        clock_, observer);
    bytes_.clear();
    ++sessions_;
    return true;
  }

  /// True where it has ended.
  bool readSession() {
    std::array<std::byte, 8192> room;
    body_->resume();
    for (;;) {
      const net::BodyRead read = body_->read(room);
      if (read.state == net::BodyRead::State::wait) return false;
      if (read.state == net::BodyRead::State::end) break;
      bytes_.insert(bytes_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(read.bytes));
    }
    ReadSession session;
    kvs::test::MatroskaReader reader(session);
    reader.feed(bytes_);
    judge_.demand(reader.error().empty() && reader.atBoundary(), "Matroska: " + reader.error());
    judge_.demand(!body_->sent().empty(), "no session without a fragment");
    judge_.demand(session.clusters.size() == body_->sent().size(), "a Cluster for each fragment");
    judge_.session(session, body_->sent().size());
    for (const upload::SentFragment& sent : body_->sent())
      store_.log().markPersisted(sent.id);
    const bool goesOn = !body_->sent().empty();
    body_.reset();
    store_.feed().rewind();
    return goesOn;
  }

  /// The session is closed inside a fragment, which is sent again or goes; what it sent whole is kept.
  void breakOff() {
    if (body_) {
      ReadSession session;
      kvs::test::MatroskaReader reader(session);
      reader.feed(bytes_);
      judge_.demand(reader.error().empty(), "Matroska: " + reader.error());
      judge_.session(session, persistWhole());
      body_.reset();
      ++met_.brokenSessions;
    }
    store_.feed().rewind();
  }

  /// Offline: what can be sent is, and what was sent whole is durable; the last fragment only when the
  /// session ends behind it, as that of an idle stream does.
  void makeRoom(bool endSession) {
    read();
    if (body_) persistWhole();
    if (!body_ || !endSession) return;
    body_->finish(upload::SessionBody::Finish::fragment);
    read();
  }

  /// Returns how many that are.
  std::size_t persistWhole() {
    std::size_t whole = 0;
    for (const upload::SentFragment& fragment : body_->sent()) {
      if (fragment.left == TimePoint{}) continue;
      store_.log().markPersisted(fragment.id);
      ++whole;
    }
    return whole;
  }

  void lost(const FragmentLost& loss) {
    judge_.demand(plan_.isPressed() && !plan_.offline(), "a loss");
    ++met_.lostFragments;
    if (!loss.unconfirmed) lostBlocks_ += loss.frames;
  }

  void balance() {
    const IntakeCounts& stats = state_.stats;
    const std::uint64_t skipped = stats.skippedBeforeKeyFrame + stats.skippedAfterGap + stats.skippedNoRoom +
                                  stats.skippedKeyFrameDistance + stats.skippedAfterEndOfFragment +
                                  stats.skippedLate + stats.skippedTrackAbsent;
    const auto same = [this](std::uint64_t a, std::uint64_t b, const std::string& what) {
      judge_.demand(a == b, what + ": " + std::to_string(a) + " and " + std::to_string(b));
    };
    same(putFrames_, stats.framesIn + skipped, "frames that were put, and those in or skipped");
    same(judge_.blocks + lostBlocks_, stats.framesIn + stats.framesFilled,
         "blocks on the wire and lost, and those in and filled");
    if (lostBlocks_ > 0) return;
    same(judge_.frames, stats.framesIn, "frames on the wire, and those in");
  }

  void onPaced(TimePoint) override {}
  void onBodyEnd(bool) override {}

  Dice dice_;
  Plan plan_;
  std::vector<Taken> taken_;
  kvs::test::SimClock clock_;
  const TimePoint begun_ = clock_.now();
  store::ChunkPool pool_;
  store::StreamStore store_;
  intake::IntakeState state_;
  upload::SentMedia sent_;
  intake::Ingest ingest_;
  Judge judge_;
  upload::FragmentPacer pacer_{0};
  std::vector<Feed> feeds_;
  std::unique_ptr<upload::SessionBody> body_;
  Bytes bytes_;
  std::optional<Nanoseconds> age_;
  std::optional<Nanoseconds> referenceOffset_;
  Met met_;
  std::uint64_t lostBlocks_ = 0;
  std::uint64_t putFrames_ = 0;
  std::uint64_t sessions_ = 0;
};

std::uint64_t fromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::stoull(value) : otherwise;
}

TEST(HostileTiming, TheRulesHoldAndEveryFrameIsSentOrCounted) {
  const std::uint64_t first = fromEnvironment("HOSTILE_FROM", 1);
  const std::uint64_t count = fromEnvironment("HOSTILE_SEEDS", 3000);
  StreamStats sum;
  std::uint64_t sessions = 0;
  Met met;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    Life life(seed);
    const auto broken = life.run();
    if (!broken.empty()) ++failures;
    for (std::size_t i = 0; i < std::min<std::size_t>(broken.size(), 4); ++i)
      ADD_FAILURE() << "seed " << seed << ": " << broken[i];
    sum.framesIn += life.stats().framesIn;
    sum.framesFilled += life.stats().framesFilled;
    sum.skippedLate += life.stats().skippedLate;
    sum.skippedTrackAbsent += life.stats().skippedTrackAbsent;
    sum.skippedKeyFrameDistance += life.stats().skippedKeyFrameDistance;
    sum.timesReanchored += life.stats().timesReanchored;
    sum.timesRaised += life.stats().timesRaised;
    sessions += life.sessions();
    met.add(life.met());
  }
  if (count < 1000) return;
  // The lives are hostile enough to have met all of it, and mild enough that media went through.
  EXPECT_GT(sum.framesIn, 80 * count);
  EXPECT_GT(sum.framesFilled, count);
  EXPECT_GT(sum.skippedLate, count / 10);
  EXPECT_GT(sum.skippedTrackAbsent, count / 10);
  EXPECT_GT(sum.skippedKeyFrameDistance, count / 10);
  EXPECT_GT(sum.timesReanchored, count / 10);
  EXPECT_GT(sum.timesRaised, count / 10);
  EXPECT_GT(sessions, count);
  EXPECT_GT(met.pieces, 20 * count);
  EXPECT_GT(met.sounds, 20 * count);
  EXPECT_GT(met.waits, count / 100);
  EXPECT_GT(met.gaveUp, count / 1000);
  EXPECT_GT(met.lostFragments, count / 10);
  EXPECT_GT(met.brokenSessions, count / 500);
}

}  // namespace
}  // namespace kvs::stream
