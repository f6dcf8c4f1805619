// SPDX-License-Identifier: Apache-2.0
// Which track has which number in the Matroska header.
#include "intake/track_set.h"

#include <gtest/gtest.h>

namespace kvs::intake {
namespace {

using media::TrackKind;

class TrackNumbers : public testing::Test {
 protected:
  TrackPtr add(TrackKind kind) {
    auto added = tracks.add(kind, {});
    EXPECT_TRUE(added);
    return *added;
  }
  TrackPtr addSettled(TrackKind kind) {
    TrackPtr track = add(kind);
    tracks.settle(*track);
    return track;
  }
  std::vector<std::uint32_t> numbers() const {
    std::vector<std::uint32_t> all;
    for (const TrackPtr& track : tracks.all())
      all.push_back(track->number);
    return all;
  }
  using Numbers = std::vector<std::uint32_t>;

  TrackSet tracks;
};

TEST_F(TrackNumbers, AreOneTwoThreeWithVideo) {
  const TrackPtr data = add(TrackKind::data);
  const TrackPtr audio = add(TrackKind::audio);
  const TrackPtr video = add(TrackKind::video);
  EXPECT_EQ(video->number, 1u);
  EXPECT_EQ(audio->number, 2u);
  EXPECT_EQ(data->number, 3u);
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
}

TEST_F(TrackNumbers, OfVideoAndDataLeaveTheSecondFree) {
  add(TrackKind::video);
  const TrackPtr data = addSettled(TrackKind::data);
  EXPECT_EQ(data->number, 3u);
  EXPECT_EQ(add(TrackKind::audio)->number, 2u);
}

TEST_F(TrackNumbers, CountFromOneWithoutVideo) {
  const TrackPtr data = add(TrackKind::data);
  EXPECT_EQ(data->number, 1u);
  const TrackPtr audio = add(TrackKind::audio);
  EXPECT_EQ(audio->number, 1u);
  EXPECT_EQ(data->number, 2u);
}

TEST_F(TrackNumbers, AreTheOldOnesOnceSettled) {
  const TrackPtr audio = addSettled(TrackKind::audio);
  EXPECT_EQ(audio->number, 1u);
  const TrackPtr video = add(TrackKind::video);
  EXPECT_EQ(audio->number, 1u);
  EXPECT_EQ(video->number, 2u) << "the lowest that is free";
}

TEST_F(TrackNumbers, OfATrackThatIsGoneAreAnothers) {
  const TrackPtr video = addSettled(TrackKind::video);
  const TrackPtr audio = add(TrackKind::audio);
  tracks.remove(*video);
  EXPECT_TRUE(video->removed);
  EXPECT_FALSE(tracks.has(*video));
  EXPECT_EQ(audio->number, 1u);
  EXPECT_EQ(numbers(), (Numbers{1}));
}

TEST_F(TrackNumbers, OfOneKindFollowEachOther) {
  EXPECT_EQ(addSettled(TrackKind::video)->number, 1u);
  EXPECT_EQ(addSettled(TrackKind::video)->number, 2u);
  EXPECT_EQ(addSettled(TrackKind::audio)->number, 3u);
}

TEST_F(TrackNumbers, AreSaidOnceTheyAreSettled) {
  const TrackPtr audio = add(TrackKind::audio);
  EXPECT_EQ(audio->id(), (TrackId{"audio", 0}));
  tracks.settle(*audio);
  EXPECT_EQ(audio->id(), (TrackId{"audio", 1}));
}

TEST_F(TrackNumbers, AreOfThreeTracksAtMost) {
  for (int i = 0; i < 3; ++i)
    add(TrackKind::video);
  const auto fourth = tracks.add(TrackKind::audio, "door");
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, StatusCode::maximumTrackCountExceeded);
}

}  // namespace
}  // namespace kvs::intake
