// SPDX-License-Identifier: Apache-2.0
// A client that reads, made of nothing but the room's face: another service, another API, answers that are
// wanted whole and one that is a stream, which its reader stops when it has enough.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "aws/control_plane.h"
#include "aws/stream_directory.h"
#include "service_client_fixture.h"

namespace kvs::aws {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr Operation listFragments{"listFragments", StatusCode::unknown, Operation::Plane::data};
constexpr Operation getMediaForFragmentList{"getMediaForFragmentList", StatusCode::unknown,
                                            Operation::Plane::data};

using FragmentNumbers = std::vector<std::string>;

Result<FragmentNumbers> parseListFragments(std::string_view body) {
  const json answer = json::parse(body, nullptr, false);
  if (!answer.contains("Fragments")) {
    return fail(StatusCode::unknown, ErrorKind::retryable, "The answer has no fragments; try again.");
  }
  FragmentNumbers numbers;
  for (const json& fragment : answer["Fragments"])
    numbers.push_back(fragment["FragmentNumber"]);
  return numbers;
}

/// Reads one stream: finds where, lists the fragments, and fetches them into a buffer of `room` bytes.
class Reader final : private StreamedCallListener {
 public:
  Reader(std::shared_ptr<ServiceClient> client, std::string stream, std::size_t room)
      : client_(std::move(client)), plane_(client_), stream_(std::move(stream)), room_(room) {}

  void find() {
    call_ = plane_.getDataEndpoint(stream_, [this](Result<std::string> found) {
      if (found)
        endpoint_ = *std::move(found);
      else
        errors.push_back(std::move(found.error()));
    });
  }
  void list() {
    const std::string body = json{{"StreamName", stream_}}.dump();
    call_ = client_->call<FragmentNumbers>({listFragments, stream_, body, endpoint_}, parseListFragments,
                                           [this](Result<FragmentNumbers> listed) {
                                             if (listed)
                                               numbers = *std::move(listed);
                                             else
                                               errors.push_back(std::move(listed.error()));
                                           });
  }
  void fetch() {
    net::Request request;
    request.url = endpoint_ + "/getMediaForFragmentList";
    request.headers = {{"content-type", "application/json"}};
    request.body = json{{"StreamName", stream_}, {"Fragments", numbers}}.dump();
    request.profile = net::Profile::download;
    media_ = client_->open({getMediaForFragmentList, stream_, std::move(request)}, *this);
  }
  /// What came so far has been shown: there is room again.
  std::size_t show() {
    const std::size_t shown = std::exchange(buffered_, 0);
    if (media_) media_->resumeAnswer();
    return shown;
  }

  FragmentNumbers numbers;
  std::vector<Error> errors;
  bool accepted = false;
  bool ended = false;

 private:
  void onAccepted(const net::ResponseHead&) override { accepted = true; }
  void onData(ByteView data) override {
    buffered_ += data.size();
    if (buffered_ >= room_) media_->holdAnswer();
  }
  void onRefused(Error error) override {
    errors.push_back(std::move(error));
    media_.reset();
  }
  void onEnd(Result<void> result) override {
    ended = true;
    if (!result) errors.push_back(std::move(result.error()));
    media_.reset();
  }

  const std::shared_ptr<ServiceClient> client_;
  const ControlPlane plane_;
  const std::string stream_;
  const std::size_t room_;
  std::string endpoint_;
  CallHandle call_;
  std::unique_ptr<StreamedCall> media_;
  std::size_t buffered_ = 0;
};

class ReadingClientTest : public ServiceClientFixture {
 protected:
  ReadingClientTest() {
    service->name = "kinesis-video-archived-media";
    service->api = "GET_MEDIA_FOR_FRAGMENT_LIST";
    fetchCredentials();
  }
  void find() {
    reader.find();
    FakeTransport::answer(transport.last(), {200, {}}, R"({"DataEndpoint":"https://b-1.example.com"})");
  }
  void findAndList() {
    find();
    reader.list();
    FakeTransport::answer(transport.last(), {200, {}},
                          R"({"Fragments":[{"FragmentNumber":"91"},{"FragmentNumber":"92"}]})");
  }

  static constexpr std::size_t room = 64 * 1024;
  Reader reader{client, "cam", room};
};

TEST_F(ReadingClientTest, AsksForTheDataEndpointOfItsOwnApi) {
  find();
  EXPECT_EQ(json::parse(transport.last()->request.body),
            (json{{"StreamName", "cam"}, {"APIName", "GET_MEDIA_FOR_FRAGMENT_LIST"}}));
  EXPECT_THAT(reader.errors, SizeIs(0));
  const StreamKey own = keyOf(*client, "cam");
  service->api = "PUT_MEDIA";
  EXPECT_NE(own, keyOf(*client, "cam")) << "a producer's endpoint is another one";
}

TEST_F(ReadingClientTest, ListsFragmentsAtTheDataEndpoint) {
  findAndList();
  EXPECT_EQ(transport.last()->request.url, "https://b-1.example.com/listFragments");
  EXPECT_THAT(net::findHeader(transport.prepareLast().headers, "authorization"),
              HasSubstr("/us-west-2/kinesis-video-archived-media/aws4_request"));
  EXPECT_THAT(reader.numbers, ElementsAre("91", "92"));
}

TEST_F(ReadingClientTest, AnAnswerThatIsNoneIsAnErrorWithTheRequestsId) {
  find();
  reader.list();
  FakeTransport::answer(transport.last(), {200, {{"x-amzn-RequestId", "r-7"}}}, "nothing");
  ASSERT_THAT(reader.errors, SizeIs(1));
  EXPECT_EQ(reader.errors[0].requestId, "r-7");
  EXPECT_EQ(reader.errors[0].httpStatus, 200);
}

TEST_F(ReadingClientTest, ReadsAsFastAsItCanShow) {
  findAndList();
  reader.fetch();
  const auto wire = transport.last();
  EXPECT_EQ(wire->request.profile, net::Profile::download);
  EXPECT_EQ(json::parse(wire->request.body), (json{{"StreamName", "cam"}, {"Fragments", {"91", "92"}}}));
  EXPECT_THAT(net::findHeader(transport.prepareLast().headers, "authorization"),
              HasSubstr("kinesis-video-archived-media"));

  const std::string media(1'000'000, 'm');
  constexpr std::size_t pieceSize = 1000;
  wire->listener->onHead({200, {}});
  EXPECT_TRUE(reader.accepted);
  std::size_t shown = 0;
  int stops = 0;
  for (std::string_view rest = media; !rest.empty(); ++stops) {
    rest = FakeTransport::send(wire, rest, pieceSize);
    EXPECT_EQ(wire->held, !rest.empty()) << "it stops when it has enough";
    const std::size_t now = reader.show();
    EXPECT_LT(now, room + pieceSize);
    shown += now;
  }
  wire->listener->onEnd({});
  EXPECT_EQ(shown, media.size());
  EXPECT_EQ(stops, 16);
  EXPECT_TRUE(reader.ended);
  EXPECT_THAT(reader.errors, SizeIs(0));
}

TEST_F(ReadingClientTest, ARefusalIsOneErrorThatSaysWhatToDo) {
  findAndList();
  reader.fetch();
  FakeTransport::answer(transport.last(), {403, {{"x-amzn-ErrorType", "AccessDeniedException"}}},
                        R"({"Message":"Not allowed."})");
  ASSERT_THAT(reader.errors, SizeIs(1));
  EXPECT_FALSE(reader.accepted);
  EXPECT_EQ(reader.errors[0].kind, ErrorKind::auth);
  EXPECT_THAT(reader.errors[0].message, HasSubstr("getMediaForFragmentList of stream 'cam' was refused"));
}

}  // namespace
}  // namespace kvs::aws
