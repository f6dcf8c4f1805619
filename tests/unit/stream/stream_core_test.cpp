// SPDX-License-Identifier: Apache-2.0
// The shell around the machine, scene by scene.
#include "base/lock_count.h"
#include "core_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

class StreamCoreTest : public test::CoreFixture {};

TEST_F(StreamCoreTest, StreamsFromTheFirstFrame) {
  begin();
  stream(60s);
  EXPECT_EQ(core->stats().state, "streaming");
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(300));
  EXPECT_EQ(service->sessions(), 1u);
  EXPECT_EQ(told->ready, 1);
  EXPECT_EQ(told->drained, 1);
  EXPECT_EQ(keys->fetched, 1);
  EXPECT_EQ(service->calls("describeStream"), 1u);
  EXPECT_EQ(service->calls("createStream"), 0u);
  EXPECT_EQ(storage->used(), 0u);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
}

TEST_F(StreamCoreTest, AFrameTakesTheStreamsLockTwiceAndThePassThatSendsItOnce) {
  begin();
  stream(20s);
  ASSERT_EQ(core->stats().state, "streaming");
  for (std::uint64_t i = 0; i < 2 * group; ++i) {
    const LockCount before = LockCount::ofThisThread();
    EXPECT_EQ(put(), FrameFate::accepted);
    const LockCount after = LockCount::ofThisThread();
    EXPECT_EQ(after.since(before).of("stream"), 2u)
        << "to reserve and to publish: " << after.since(before).text();
    const std::uint64_t sent = core->stats().bytesSent;
    const LockCount idle = LockCount::ofThisThread();
    loop->runDue();
    const LockCount pass = LockCount::ofThisThread().since(idle);
    EXPECT_LE(pass.of("stream"), 1u) << pass.text();
    EXPECT_GT(core->stats().bytesSent, sent);
    this->pass(interval);
  }
}

TEST_F(StreamCoreTest, AnEndDuringAHandOverIsNoLongerThanAnyOther) {
  config.rotationPeriod = 10s;
  begin();
  number = 0;
  group = 1000;  // no key frame comes, so the hand-over waits for the fragment's end
  stream(12s);
  ASSERT_EQ(core->stats().state, "handing-over");
  EXPECT_TRUE(drain(5s));
  EXPECT_EQ(stored(), range(60));
  EXPECT_EQ(core->stats().reconnects, 0u);
}

TEST_F(StreamCoreTest, ASourceThatPausesDuringAHandOverLetsTheConnectionGo) {
  config.rotationPeriod = 10s;
  begin();
  group = 1000;
  stream(12s);
  ASSERT_EQ(core->stats().state, "handing-over");
  pass(20s);
  EXPECT_EQ(core->stats().state, "ready");
  EXPECT_EQ(stored(), range(60));
  EXPECT_EQ(core->stats().reconnects, 0u);
}

TEST_F(StreamCoreTest, WithNothingToSendThereIsNoConnection) {
  begin();
  pass(1h);
  EXPECT_EQ(core->stats().state, "ready");
  EXPECT_EQ(service->calls("putMedia"), 0u);
}

TEST_F(StreamCoreTest, AStreamIsCreatedOnceItsTrackIsKnown) {
  options.streamsExist = false;
  withTrack = false;
  config.tags = {{"k", "v"}};
  begin();
  pass(1min);
  EXPECT_EQ(core->stats().state, "creating");
  EXPECT_EQ(service->calls("createStream"), 0u) << "its media type is the track's";
  setTrack();
  stream(10s);
  EXPECT_EQ(service->calls("createStream"), 1u);
  EXPECT_EQ(service->calls("tagStream"), 0u) << "createStream took the tags along";
  EXPECT_EQ(core->stats().lastError, "The stream is still being created.") << "and not that there was none";
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(50));
}

TEST_F(StreamCoreTest, AStreamIsCreatedWithTheMediaTypesOfAllItsTracks) {
  options.streamsExist = false;
  withTrack = false;
  begin();
  const auto microphone = add({.kind = TrackKind::audio});
  setTrack();
  pass(4s);
  EXPECT_EQ(service->calls("createStream"), 0u) << "the microphone has not said what it gives";
  TrackFormat audio;
  audio.codec = media::Codec::mulaw;
  ASSERT_TRUE(microphone->setFormat(audio));
  pass(1s);
  EXPECT_EQ(service->calls("createStream"), 1u);
}

TEST_F(StreamCoreTest, ATrackThatNeverSaysWhatItGivesDelaysTheStreamOnlySoLong) {
  options.streamsExist = false;
  withTrack = false;
  begin();
  const auto microphone = add({.kind = TrackKind::audio});
  setTrack();
  stream(6s);
  EXPECT_EQ(service->calls("createStream"), 1u);
}

TEST_F(StreamCoreTest, ATrackThatComesAfterTheEndCreatesNothing) {
  options.streamsExist = false;
  withTrack = false;
  begin();
  pass(10s);
  core->stop();
  pass(1s);
  setTrack();
  pass(1min);
  EXPECT_EQ(service->calls("createStream"), 0u);
}

TEST_F(StreamCoreTest, AnExistingStreamIsTagged) {
  config.tags = {{"k", "v"}};
  begin();
  pass(10s);
  EXPECT_EQ(service->calls("tagStream"), 1u);
  EXPECT_EQ(core->stats().state, "ready");
}

TEST_F(StreamCoreTest, AFrameIsOnTheWireWhenItIsThere) {
  begin();
  stream(4s);
  const auto before = core->stats().fragmentsSent;
  group = number;  // a key frame
  put();
  pass(0s);
  EXPECT_EQ(core->stats().fragmentsSent, before + 1) << "no timer in between";
}

TEST_F(StreamCoreTest, APausedSourceHasItsLastFragmentPersistedAndLetsTheConnectionGo) {
  begin();
  stream(5s);
  EXPECT_TRUE(passUntil([&] { return core->stats().state == "ready"; }, 20s));
  EXPECT_EQ(stored(), range(25)) << "closed by its end tag, or the body's end";
  EXPECT_EQ(service->openSessions(), 0u);
  EXPECT_EQ(storage->used(), 0u) << "an idle stream holds nothing";
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
  pass(10min);
  number = 30;
  stream(5s);
  EXPECT_EQ(service->sessions(), 2u) << "and returns on the next frame";
  EXPECT_TRUE(drain());
}

TEST_F(StreamCoreTest, ASlowSourceIsNoPausedOne) {
  interval = 12s;
  group = 1;
  begin();
  stream(20min);
  EXPECT_EQ(service->sessions(), 1u);
  interval = 25s;  // the service lets go at 30 s
  stream(10min);
  EXPECT_LE(service->sessions(), 2u);
  EXPECT_TRUE(drain());
}

TEST_F(StreamCoreTest, AVerySlowSourceIsConfirmedFrameByFrame) {
  interval = 90s;
  group = 1;
  begin();
  stream(30min);
  EXPECT_EQ(stored(), range(20));
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u) << "we let go before the service does";
}

TEST_F(StreamCoreTest, ALongSessionIsHandedOverWithoutALoss) {
  begin();
  stream(2h);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(36000));
  EXPECT_GE(service->sessions(), 3u);
  EXPECT_LE(service->sessions(), 5u);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u) << "a hand-over is no failure";
  EXPECT_EQ(core->stats().fragmentsSent, core->stats().fragmentsIn) << "nothing was sent twice";
  EXPECT_TRUE(told->losses.empty());
}

TEST_F(StreamCoreTest, AnotherFormatIsHandedOverWithoutALoss) {
  begin();
  stream(6s);
  largeFormat = true;
  stream(6s);
  largeFormat = false;
  stream(6s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(90));
  EXPECT_EQ(service->sessions(), 3u);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
}

TEST_F(StreamCoreTest, AnOutageOfMinutesLosesTheOldestAndSaysSo) {
  config.bufferDuration = 60s;
  begin();
  stream(10s);
  service->network.refuse = true;
  service->resetConnections();
  stream(3min);
  EXPECT_FALSE(told->losses.empty());
  service->network.refuse = false;
  stream(1min);
  EXPECT_TRUE(drain());
  const StreamStats stats = core->stats();
  EXPECT_EQ(stats.framesIn, stats.framesPersisted + stats.framesLost);
  EXPECT_EQ(stored().size(), stats.framesPersisted);
  for (const auto& lost : told->losses)
    EXPECT_EQ(lost.reason, FragmentLost::Reason::bufferDuration);
}

TEST_F(StreamCoreTest, AHalfOpenConnectionIsSeenByItsSilence) {
  begin();
  stream(10s);
  service->setSwallow(true);
  stream(1s);
  service->setSwallow(false);  // the old connection stays dead
  stream(55s);
  EXPECT_EQ(told->stale, 0);
  stream(7s);
  EXPECT_EQ(told->stale, 1);
  stream(40s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AShortStalenessSeesAHalfOpenConnectionSoon) {
  config.connectionStaleness = 5s;
  begin();
  stream(10s);
  service->setSwallow(true);
  stream(1s);
  service->setSwallow(false);  // the old connection stays dead
  stream(8s);
  EXPECT_EQ(told->stale, 1);
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AShortStalenessLeavesAHealthyConnectionWithLongFragments) {
  config.connectionStaleness = 1s;
  group = 75;  // 15 s
  begin();
  stream(5min);
  EXPECT_EQ(told->stale, 0);
  EXPECT_EQ(service->sessions(), 1u);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AShortStalenessLeavesASourceThatIsSlowOrPauses) {
  config.connectionStaleness = 1s;
  interval = 12s;
  group = 1;
  begin();
  stream(20min);
  interval = 90s;
  stream(20min);
  EXPECT_EQ(told->stale, 0);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AShortStalenessWaitsForTwiceTheLengthOfTheFragments) {
  config.connectionStaleness = 5s;
  group = 50;  // 10 s
  begin();
  stream(30s);
  service->setSwallow(true);
  stream(1s);
  service->setSwallow(false);
  stream(16s);
  EXPECT_EQ(told->stale, 0);
  stream(30s);
  EXPECT_EQ(told->stale, 1);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AShortBufferHoldsWhatItSays) {
  config.bufferDuration = 5s;
  begin();
  stream(10s);
  service->network.refuse = true;
  service->resetConnections();
  stream(1min);
  const StreamStats cut = core->stats();
  EXPECT_LE(cut.durationBuffered, 5s);
  EXPECT_GE(cut.durationBuffered, 4s);
  service->network.refuse = false;
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(core->stats().framesIn, core->stats().framesPersisted + core->stats().framesLost);
}

class ShortBufferTest : public StreamCoreTest, public testing::WithParamInterface<Seconds> {};
INSTANTIATE_TEST_SUITE_P(Of, ShortBufferTest, testing::Values(0s, 1s, 5s));

TEST_P(ShortBufferTest, LosesNoFragmentThatIsLongerWhileTheLineIsGood) {
  config.bufferDuration = GetParam();
  group = 45;  // 9 s
  begin();
  stream(3min);
  EXPECT_TRUE(drain());
  EXPECT_TRUE(told->losses.empty());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, PersistedFragmentsAreNotSentAgainAfterABreak) {
  begin();
  for (int i = 0; i < 20; ++i) {
    stream(7s);
    service->resetConnections();
  }
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));  // and no violation
  EXPECT_GE(core->stats().reconnects, 20u);
}

TEST_F(StreamCoreTest, RetentionZeroIsContentWithReceived) {
  options.retentionHours = 0;
  begin();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(core->stats().framesPersisted, 100u);
  EXPECT_EQ(core->stats().acksPersisted, 0u);
}

TEST_F(StreamCoreTest, DescribeDeniedBelievesTheRetentionItWasTold) {
  options.retentionHours = 0;
  config.retention = std::chrono::hours(0);
  begin();
  service->intercept = [](const std::string& operation) {
    return operation == "describeStream" ? std::optional(kvs::test::FakeReply{400, "AccessDeniedException"})
                                         : std::nullopt;
  };
  // The service knows a stream once it was asked for its endpoint.
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(core->stats().framesPersisted, 100u);
}

TEST_F(StreamCoreTest, ARefusedFragmentIsSetAsideAndToldWithItsTime) {
  begin();
  stream(6s);
  pass(100ms);
  service->errorAck(4006, "INVALID_MKV_DATA", true);
  stream(10s);
  EXPECT_TRUE(drain());
  ASSERT_EQ(told->losses.size(), 1u);
  EXPECT_EQ(told->losses[0].reason, FragmentLost::Reason::refused);
  EXPECT_EQ(core->stats().fragmentsRefused, 1u);
  EXPECT_EQ(stored().size() + told->losses[0].frames, core->stats().framesIn);
  EXPECT_FALSE(told->warnings.empty());
}

TEST_F(StreamCoreTest, TheLastFragmentRefusedWhileDrainingEndsTheDrain) {
  options.persistDelay = 3s;
  begin();
  stream(4s);
  pass(5s);
  service->withholdAcks = true;
  stream(2s);
  core->endOfStream();
  pass(100ms);
  EXPECT_EQ(core->stats().state, "draining");
  service->withholdAcks = false;
  service->errorAck(4006, "INVALID_MKV_DATA", true);
  EXPECT_TRUE(passUntil([&] { return told->drained == 1; }, 5s)) << core->stats().state;
  EXPECT_EQ(told->losses.size(), 1u);
}

TEST_F(StreamCoreTest, FramesAndTheEndBeforeTheLoopLooksAreDrained) {
  begin();
  stream(4s);
  EXPECT_TRUE(drain());
  // The log ran empty by a loss while the stream was away; frames and the end come in one breath.
  for (int i = 0; i < 10; ++i)
    put();
  core->endOfStream();
  EXPECT_TRUE(passUntil([&] { return told->drained == 2; }, 5s));
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, AnEndWhileFramesStillWaitForAnotherTrackIsDrained) {
  config.silentTrack = SilentTrack::drop;
  begin();
  TrackFormat sound;
  sound.codec = media::Codec::mulaw;
  const auto microphone = add({.kind = TrackKind::audio, .format = sound});
  pass(1s);
  ASSERT_EQ(core->stats().state, "ready");
  put();  // one picture, and no sound to go with it
  pass(100ms);
  core->endOfStream();
  EXPECT_TRUE(passUntil([&] { return told->drained == 1; }, 5s)) << core->stats().state;
  EXPECT_EQ(stored(), range(1));
}

TEST_F(StreamCoreTest, ASlowLinkDrainsAsLongAsBytesMove) {
  network.bytesPerSecond = 4000;
  network.sendBuffer = 4000;
  begin();
  stream(4s, 3000);  // about 75 KB: 19 s on this line, half of it one fragment
  stream(2s, 6000);
  EXPECT_TRUE(drain(5min));
  EXPECT_EQ(stored(), range(number));
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u) << "it was slow, not broken";
}

TEST_F(StreamCoreTest, ABacklogIsPacedByTheServicesQuota) {
  begin();
  service->network.refuse = true;
  group = 5;
  stream(60s);  // sixty fragments of a second
  service->network.refuse = false;
  EXPECT_TRUE(passUntil([&] { return service->openSessions() == 1; }, 30s));
  const auto before = core->stats().fragmentsSent;
  pass(3s);
  const auto sent = core->stats().fragmentsSent - before;
  EXPECT_GE(sent, 14u);
  EXPECT_LE(sent, 20u);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(300));
}

TEST_F(StreamCoreTest, TooMuchMetadataIsResentWithout) {
  begin();
  ASSERT_TRUE(core->putMetadata({"name", "value"}, true));
  stream(3s);
  pass(100ms);
  service->errorAck(4009, "FRAGMENT_METADATA_LIMIT_REACHED", true);
  stream(5s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
  std::size_t without = 0;
  for (const auto& fragment : service->stored())
    without += fragment.tags.empty();
  EXPECT_EQ(without, 1u);
}

TEST_F(StreamCoreTest, AnotherProducerOnTheStreamIsTold) {
  begin();
  service->intercept = [](const std::string& operation) {
    return operation == "putMedia"
               ? std::optional(kvs::test::FakeReply{400, "ConnectionLimitExceededException"})
               : std::nullopt;
  };
  stream(10s);
  ASSERT_FALSE(told->warnings.empty());
  EXPECT_NE(told->warnings[0].message.find("no other producer"), std::string::npos)
      << told->warnings[0].message;
  service->intercept = nullptr;
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, ExpiredCredentialsAreFetchedAgain) {
  begin();
  stream(4s);
  bool refused = false;
  service->intercept = [&](const std::string& operation) -> std::optional<kvs::test::FakeReply> {
    if (operation != "putMedia" || std::exchange(refused, true)) return std::nullopt;
    return kvs::test::FakeReply{403, "ExpiredTokenException"};
  };
  service->resetConnections();
  stream(4s);
  EXPECT_EQ(keys->fetched, 2);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, ASessionIsHandedOverBeforeItsCredentialsExpire) {
  keys->expiration = [this] { return clock.wallNow() + 10min; };
  begin();
  stream(35min);
  EXPECT_EQ(service->sessions(), 4u) << "each lives eight and three quarter minutes";
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
  ASSERT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, LatencyPressureIsToldOncePerTime) {
  config.maxLatency = 30s;
  begin();
  service->network.refuse = true;
  stream(60s);
  ASSERT_EQ(told->latencyPressure.size(), 1u);
  EXPECT_FALSE(told->latencyPressure[0].over);
  EXPECT_GT(told->latencyPressure[0].bufferedDuration, 30s);
  service->network.refuse = false;
  stream(60s);
  ASSERT_EQ(told->latencyPressure.size(), 2u);
  EXPECT_TRUE(told->latencyPressure[1].over);
  service->network.refuse = true;
  service->resetConnections();
  stream(60s);
  ASSERT_EQ(told->latencyPressure.size(), 3u);
  EXPECT_FALSE(told->latencyPressure[2].over);
}

TEST_F(StreamCoreTest, StoragePressureIsTold) {
  storageSize = 1u << 20;
  begin();
  service->network.refuse = true;
  stream(60s, 20'000);
  ASSERT_EQ(told->storagePressure.size(), 1u) << "as long as it lasts it is told once";
  ASSERT_FALSE(told->losses.empty());
  EXPECT_EQ(told->losses[0].reason, FragmentLost::Reason::storageFull);
  EXPECT_LE(storage->used(), storage->limit());
  service->network.refuse = false;
  stream(30s);
  ASSERT_EQ(told->storagePressure.size(), 2u);
  EXPECT_TRUE(told->storagePressure[1].over);
}

TEST_F(StreamCoreTest, PressureIsOverWhenTheStreamIs) {
  config.maxLatency = 10s;
  begin();
  service->network.refuse = true;
  stream(20s);
  core->stop();
  pass(1s);
  ASSERT_EQ(told->latencyPressure.size(), 2u);
  EXPECT_TRUE(told->latencyPressure[1].over);
}

TEST_F(StreamCoreTest, StatsTellRatesAndWhatIsStillToBeSent) {
  begin();
  stream(20s);
  const StreamStats flowing = core->stats();
  EXPECT_NEAR(flowing.frameRate, 5, 0.3);
  EXPECT_GT(flowing.transferRate, 0);
  EXPECT_EQ(flowing.bytesUnsent, 0u);
  EXPECT_GE(flowing.framesSent, flowing.framesPersisted);
  EXPECT_GT(flowing.bytesSent, flowing.bytesPersisted) << "headers, too";
  EXPECT_GT(flowing.ackDelayP50, 1s);
  EXPECT_GE(flowing.ackDelayP99, flowing.ackDelayP50);
  EXPECT_EQ(flowing.durationLimit, config.bufferDuration);
  service->network.refuse = true;
  service->resetConnections();
  stream(20s);
  const StreamStats cut = core->stats();
  EXPECT_EQ(cut.transferRate, 0);
  EXPECT_NEAR(cut.frameRate, 5, 0.3);
  EXPECT_EQ(cut.bytesUnsent, cut.bytesBuffered);
  EXPECT_EQ(cut.durationUnsent, cut.durationBuffered);
  EXPECT_GT(cut.lastErrorAt, WallTime{});
  pass(10s);
  EXPECT_EQ(core->stats().frameRate, 0);
}

TEST_F(StreamCoreTest, RatesAreNotReckonedWhereNobodyWantsThem) {
  config.recalculateMetrics = false;
  begin();
  stream(20s);
  EXPECT_EQ(core->stats().frameRate, 0);
  EXPECT_EQ(core->stats().transferRate, 0);
  EXPECT_GT(core->stats().framesIn, 0u);
}

TEST_F(StreamCoreTest, ALoopThatIsLateIsToldOnce) {
  begin();
  stream(5s);
  EXPECT_TRUE(told->warnings.empty());
  for (int i = 0; i < 1000; ++i) {
    loop->post([] {});
    clock.advance(150ms);
    loop->runDue();
  }
  stream(2min);
  ASSERT_EQ(told->warnings.size(), 1u);
  EXPECT_EQ(told->warnings[0].code, StatusCode::operationTimedOut);
  EXPECT_NE(told->warnings[0].message.find("this machine is overloaded"), std::string::npos);
}

TEST_F(StreamCoreTest, LossesAreCountedByReason) {
  config.bufferDuration = 20s;
  begin();
  service->network.refuse = true;
  stream(60s);
  core->stop();
  pass(1s);
  const StreamStats stats = core->stats();
  EXPECT_GT(stats.lostBufferDuration.frames, 0u);
  EXPECT_GT(stats.lostStopped.frames, 0u);
  EXPECT_EQ(stats.lostStorageFull.fragments, 0u);
  EXPECT_EQ(stats.framesLost, stats.lostBufferDuration.frames + stats.lostStopped.frames);
  EXPECT_EQ(stats.fragmentsLost, stats.lostBufferDuration.fragments + stats.lostStopped.fragments);
}

TEST_F(StreamCoreTest, CredentialsAreToldWhenTheyChange) {
  keys->expiration = [this] { return clock.wallNow() + 10min; };
  begin();
  stream(5s);
  ASSERT_EQ(told->credentials.size(), 2u) << "fetched, and fresh ones for the session";
  EXPECT_EQ(told->credentials[0].source, "test");
  EXPECT_FALSE(told->credentials[0].refreshed);
  EXPECT_TRUE(told->credentials[1].refreshed);
  EXPECT_TRUE(told->credentials[1].expiration);
}

TEST_F(StreamCoreTest, WhatWasGivenUpUnconfirmedCountsAgainWhenItsWordComes) {
  storageSize = 1u << 20;
  begin();
  service->withholdAcks = true;
  stream(30s, 10'000);  // two megabytes and more: sent, stored and not told
  ASSERT_FALSE(told->losses.empty());
  EXPECT_TRUE(told->losses[0].unconfirmed);
  const StreamStats before = core->stats();
  service->withholdAcks = false;
  // The service repeats itself for a fragment that we gave up.
  const auto& first = service->stored().at(1);
  service->nonsense(R"({"EventType":"PERSISTED","FragmentTimecode":)" + std::to_string(first.timecodeMs) +
                    "}");
  pass(1s);
  EXPECT_LT(core->stats().framesLost, before.framesLost);
  EXPECT_GT(core->stats().framesPersisted, before.framesPersisted);
  EXPECT_EQ(core->stats().fragmentsLost, before.fragmentsLost - 1);
}

TEST_F(StreamCoreTest, TheGuidesLatencyOfAnAcknowledgementIsFromItsFirstFrame) {
  begin();
  stream(4s);
  pass(1s);
  const auto persisted = std::ranges::find(told->acks, FragmentAck::Type::persisted, &FragmentAck::type);
  ASSERT_NE(persisted, told->acks.end());
  EXPECT_GE(persisted->delay, 2s);
  EXPECT_LE(persisted->delay, 3s);
}

TEST_F(StreamCoreTest, NearRealtimeSendsInBurstsAndLetsTheConnectionGo) {
  config.streamingType = StreamingType::nearRealtime;
  config.burstInterval = 10s;
  begin();
  stream(9s);
  EXPECT_EQ(service->sessions(), 0u) << "nothing is sent before the first burst";
  stream(56s);
  EXPECT_EQ(service->sessions(), 6u);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
  EXPECT_GE(stored().size(), 5u * 50) << "all but the fragments since the last burst";
  ASSERT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
  EXPECT_EQ(core->stats().fragmentsLost, 0u);
}

TEST_F(StreamCoreTest, ABurstThatFailsIsSentWithTheNext) {
  config.streamingType = StreamingType::nearRealtime;
  config.burstInterval = 5s;
  begin();
  stream(4s);
  service->network.refuse = true;
  stream(20s);
  service->network.refuse = false;
  stream(20s);
  ASSERT_TRUE(drain());
  EXPECT_EQ(stored(), range(number));
}

TEST_F(StreamCoreTest, StopReportsWhatIsLeft) {
  begin();
  service->network.refuse = true;
  stream(10s);
  core->stop();
  pass(1s);
  EXPECT_EQ(told->closed, 1);
  EXPECT_EQ(told->losses.size(), 5u);
  for (const auto& lost : told->losses)
    EXPECT_EQ(lost.reason, FragmentLost::Reason::stopped);
  EXPECT_EQ(core->stats().framesLost, 50u);
  EXPECT_EQ(storage->used(), 0u);
}

TEST_F(StreamCoreTest, WhatAnErrorLeavesBehindIsToldBeforeIt) {
  config.retryTimeout = 5s;
  begin();
  service->network.refuse = true;
  stream(4s);
  ASSERT_TRUE(passUntil([&] { return !told->errors.empty(); }));
  EXPECT_GT(told->lossesAtError, 0u);
  EXPECT_EQ(told->losses.size(), told->lossesAtError);
  for (const auto& lost : told->losses)
    EXPECT_EQ(lost.reason, FragmentLost::Reason::stopped);
  EXPECT_EQ(core->stats().framesLost, core->stats().framesIn);
  EXPECT_EQ(storage->used(), 0u);
}

TEST_F(StreamCoreTest, FramesThatAreNotTakenAreToldWithTheirTimesAlsoAtTheEnd) {
  group = 1000;  // the first fragment is full after 20 s, and no key frame comes
  begin();
  stream(30s);
  ASSERT_EQ(told->dropped.size(), 1u) << "the first of them at once";
  EXPECT_EQ(told->dropped[0].why, FrameFate::keyFrameDistance);
  core->endOfStream();
  pass(1s);
  ASSERT_EQ(told->dropped.size(), 2u);
  const FramesDropped& rest = told->dropped[1];
  EXPECT_EQ(rest.count + 1, core->stats().skippedKeyFrameDistance);
  EXPECT_EQ(rest.start, told->dropped[0].end + interval);
  EXPECT_EQ(rest.end, rest.start + static_cast<int>(rest.count - 1) * interval);
}

// --- metadata that no fragment follows ---

class LastMetadata : public StreamCoreTest {
 protected:
  using Tags = std::vector<std::string>;
  const Tags& lastTags() const { return service->stored().back().tags; }
};

TEST_F(LastMetadata, PutBehindTheLastKeyFrameIsInTheLastFragment) {
  begin();
  ASSERT_TRUE(core->putMetadata({"place", "door"}, true));
  stream(5s);
  ASSERT_TRUE(core->putMetadata({"place", "yard"}, true));
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  EXPECT_TRUE(drain());
  EXPECT_EQ(lastTags(), Tags({"place=door", "place=yard", "once=1"}));
  EXPECT_TRUE(told->warnings.empty());
}

TEST_F(LastMetadata, ThatComesAfterAnEventIsBehindIt) {
  begin();
  stream(5s);
  ASSERT_TRUE(core->putEvent({}));
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  EXPECT_TRUE(drain());
  EXPECT_EQ(lastTags(), Tags({"AWS_KINESISVIDEO_NOTIFICATION=", "once=1"}));
}

TEST_F(LastMetadata, FindsTheLastFragmentAlsoBehindAFlush) {
  begin();
  stream(5s);
  core->flush();
  pass(2s);  // all of it is sent, and nothing has closed it
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  EXPECT_TRUE(drain());
  EXPECT_EQ(lastTags(), Tags({"once=1"}));
  EXPECT_TRUE(told->warnings.empty());
}

TEST_F(LastMetadata, IsInTheLastFragmentAlsoWhereTheStreamGoesOnAtOnce) {
  begin();
  stream(4s);
  put();
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  core->endOfStream();
  while (number % group != 0)
    ++number, pts += interval;
  const std::uint64_t next = number;
  stream(4s);
  EXPECT_TRUE(drain());
  for (const auto& fragment : service->stored()) {
    const bool isIt = std::ranges::find(fragment.frames, 20u) != fragment.frames.end();
    EXPECT_EQ(fragment.tags, isIt ? Tags({"once=1"}) : Tags()) << fragment.frames.front();
  }
  EXPECT_EQ(stored().back() + 1, number);
  EXPECT_GT(number, next);
}

TEST_F(LastMetadata, IsSentAgainWithItsFragment) {
  begin();
  stream(5s);
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  service->withholdStorage = true;
  core->endOfStream();
  pass(100ms);
  service->withholdStorage = false;
  EXPECT_TRUE(passUntil([&] { return told->drained > 0; }));
  EXPECT_EQ(lastTags(), Tags({"once=1"}));
}

TEST_F(LastMetadata, ThatHasNoRoomIsReportedAndGoesWithTheNextFragment) {
  begin();
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(core->putMetadata({"h" + std::to_string(i), "v"}, false));
  stream(1s);
  ASSERT_TRUE(core->putMetadata({"first", "v"}, false));
  ASSERT_TRUE(core->putMetadata({"second", "v"}, false));
  EXPECT_TRUE(drain());
  EXPECT_EQ(lastTags().back(), "first=v");
  ASSERT_EQ(told->warnings.size(), 1u);
  EXPECT_EQ(told->warnings[0].code, StatusCode::maxFragmentMetadataCount);
  EXPECT_NE(told->warnings[0].message.find("\"second\""), std::string::npos);
  EXPECT_EQ(told->warnings[0].message.find("first"), std::string::npos);
  number = 2 * group;
  stream(1s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(lastTags(), Tags({"second=v"}));
}

TEST_F(LastMetadata, WithoutAnyFragmentIsReported) {
  begin();
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  core->endOfStream();
  pass(1s);
  ASSERT_EQ(told->warnings.size(), 1u);
  EXPECT_NE(told->warnings[0].message.find("\"once\""), std::string::npos);
}

TEST_F(LastMetadata, BehindAFragmentThatIsClosedIsReported) {
  begin();
  stream(5s);
  EXPECT_TRUE(drain());
  ASSERT_TRUE(core->putMetadata({"late", "1"}, false));
  EXPECT_TRUE(told->warnings.empty()) << "another fragment may come";
  core->endOfStream();
  pass(1s);
  EXPECT_EQ(told->warnings.size(), 1u);
}

TEST_F(LastMetadata, IsReportedWhereTheStreamIsStopped) {
  begin();
  stream(5s);
  ASSERT_TRUE(core->putMetadata({"once", "1"}, false));
  core->stop();
  pass(1s);
  EXPECT_EQ(told->warnings.size(), 1u);
}

// --- a source that pauses ---

TEST_F(StreamCoreTest, AKeyFrameIsAskedForWhenThePausedSourcesFragmentIsClosed) {
  begin();
  stream(5s);
  pass(14s);
  EXPECT_TRUE(told->keyFramesWanted.empty());
  pass(3s);
  EXPECT_EQ(told->keyFramesWanted, std::vector<std::string>{"video"}) << "no frame is needed for it";
  pass(60s);
  EXPECT_EQ(told->keyFramesWanted.size(), 1u) << "once a pause";
  number = 3 * group;
  EXPECT_EQ(put(), FrameFate::accepted);
  EXPECT_FALSE(camera->keyFrameWanted()) << "it has come";
  EXPECT_TRUE(drain());
}

TEST_F(StreamCoreTest, WhoGivesADeltaAllTheSameAfterAPauseIsAskedAgain) {
  begin();
  stream(5s);
  pass(20s);
  EXPECT_EQ(put(), FrameFate::afterEndOfFragment);
  EXPECT_TRUE(camera->keyFrameWanted());
  EXPECT_FALSE(camera->keyFrameWanted());
}

TEST_F(StreamCoreTest, AKeyFrameIsAskedForInAPauseBetweenBursts) {
  config.streamingType = StreamingType::nearRealtime;
  config.burstInterval = 20s;
  begin();
  stream(5s);
  pass(40s);
  EXPECT_EQ(told->keyFramesWanted, std::vector<std::string>{"video"});
}

TEST_F(StreamCoreTest, NothingIsDueAfterTheEnd) {
  begin();
  stream(10s);
  core->stop();
  pass(1s);
  const std::weak_ptr<StreamCore> watched = core;
  camera.reset();
  core.reset();
  pass(1s);
  EXPECT_TRUE(watched.expired());
}

TEST_F(StreamCoreTest, StopInEveryStateClosesOnce) {
  for (const Nanoseconds when : {0ns, Nanoseconds(15ms), Nanoseconds(45ms), Nanoseconds(70ms),
                                 Nanoseconds(95ms), Nanoseconds(120ms), Nanoseconds(1s), Nanoseconds(5s)}) {
    told = std::make_shared<test::Told>();
    options.streamsExist = when != 70ms;
    begin();
    put();
    pass(when);
    core->stop();
    pass(1min);
    EXPECT_EQ(told->closed, 1) << when.count();
    EXPECT_EQ(storage->used(), 0u);
    core.reset();
    pass(1s);
    number = 0;
  }
}

}  // namespace
}  // namespace kvs::stream
