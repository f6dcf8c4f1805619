// SPDX-License-Identifier: Apache-2.0
// Provokes the status codes that no other test does, each at the function that raises it.
#include <map>

#include "aws/ack_error.h"
#include "aws/service_error.h"
#include "core_fixture.h"
#include "intake/metadata.h"
#include "life_driver.h"
#include "net/curl_error.h"
#include "net/trust.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

// The codes that the guide's "Error code reference" gives the service's error ids.
TEST(StatusCodes, OfAcknowledgementsAreTheGuides) {
  const std::map<int, StatusCode> codes{
      {4000, StatusCode::ackStreamReadError},         {4001, StatusCode::ackFragmentSizeReached},
      {4002, StatusCode::ackFragmentDurationReached}, {4003, StatusCode::ackConnectionDurationReached},
      {4004, StatusCode::ackTimestampNotMonotonic},   {4005, StatusCode::ackMultiTrackMkv},
      {4006, StatusCode::ackInvalidMkvData},          {4007, StatusCode::ackInvalidProducerTimestamp},
      {4008, StatusCode::ackStreamNotActive},         {4009, StatusCode::ackFragmentMetadataLimitReached},
      {4010, StatusCode::ackTrackNumberMismatch},     {4011, StatusCode::ackFramesMissingForTrack},
      {4012, StatusCode::ackMoreThanAllowedTracks},   {4500, StatusCode::ackKmsAccessDenied},
      {4501, StatusCode::ackKmsKeyDisabled},          {4502, StatusCode::ackKmsKeyValidationError},
      {4503, StatusCode::ackKmsKeyUnavailable},       {4504, StatusCode::ackKmsKeyInvalidUsage},
      {4505, StatusCode::ackKmsKeyInvalidState},      {4506, StatusCode::ackKmsKeyNotFound},
      {4507, StatusCode::ackStreamDeleted},           {5000, StatusCode::ackInternalError},
      {5001, StatusCode::ackArchivalError},           {4999, StatusCode::ackUnknownError},
  };
  for (const auto& [id, code] : codes) {
    const aws::AckError& error = aws::ackError(id, "");
    EXPECT_EQ(error.code, code) << id;
    EXPECT_FALSE(error.sentence.empty()) << id;
  }
}

TEST(StatusCodes, OfTheNetwork) {
  const net::Place place = *net::placeOf("https://example.com");
  EXPECT_EQ(net::explain({.code = CURLE_OUT_OF_MEMORY}, place).code, StatusCode::notEnoughMemory);
  EXPECT_EQ(net::explain({.code = CURLE_COULDNT_RESOLVE_HOST}, place).code, StatusCode::serviceUnknownError);
  StatusCode code = StatusCode::success;
  std::make_shared<net::Trust>(std::weak_ptr<net::Loop>(), net::CaPlaces{{"/nowhere"}})
      ->whenLoaded([&](const Result<void>& loaded) { code = loaded.error().code; });
  EXPECT_EQ(code, StatusCode::internalError) << "without a loop";
}

TEST(StatusCodes, OfACallThatFails) {
  net::ResponseHead head;
  head.status = 500;
  const auto codeOf = [&](const aws::Operation& operation) {
    return aws::parseErrorAnswer(head, "", operation, "camera").code;
  };
  EXPECT_EQ(codeOf(aws::Operation::tagStream), StatusCode::tagStreamFailed);
  EXPECT_EQ(codeOf(aws::Operation::describeStream), StatusCode::describeStreamFailed);
}

TEST(StatusCodes, OfAStreamsLife) {
  upload::test::LifeDriver deleting;
  deleting.start();
  deleting.on(upload::event::CredentialsFetched{});
  deleting.on(upload::event::Described{upload::event::Described::Status::deleting});
  ASSERT_FALSE(deleting.reported().empty());
  EXPECT_EQ(deleting.reported().back().reason->code, StatusCode::streamBeingDeleted);

  upload::test::LifeDriver draining;
  draining.toStreaming();
  draining.on(upload::event::EndOfStream{});
  draining.fire(upload::Timer::progress);
  ASSERT_FALSE(draining.reported().empty());
  EXPECT_EQ(draining.reported().back().reason->code, StatusCode::lastPersistedAckNotReceived);
}

TEST(StatusCodes, OfASecondEventOfAType) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.putEvent(FragmentEvent{}, false));
  const auto again = metadata.putEvent(FragmentEvent{}, false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, StatusCode::duplicateStreamEventType);
}

class StatusCodesOfAStream : public test::CoreFixture {};

TEST_F(StatusCodesOfAStream, TimesThatDoNotCountFrom1970AreNone) {
  config.timestampSource = TimestampSource::pts;
  begin();
  const Bytes bytes = kvs::test::annexB(kvs::test::accessUnit(true, 0, 500, kvs::test::smallPicture));
  const ByteView view = bytes;
  Frame frame;
  frame.pts = 0ns;
  frame.key = true;
  frame.payload = Pieces(&view, 1);
  const auto taken = camera->put(frame);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, StatusCode::mkvInvalidFrameTimestamp);
  EXPECT_EQ(core->stats().skippedInvalid, 1u);
}

}  // namespace
}  // namespace kvs::stream
