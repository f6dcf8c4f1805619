// SPDX-License-Identifier: Apache-2.0
#include "service/control_plane.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "service/change_queue.h"

namespace kvslocal {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

class ControlPlaneTest : public testing::Test {
 protected:
  Json call(const std::string& operation, const Json& body) {
    last = plane.handle(operation, body.dump(), "http://host:1", now);
    if (last.change && diskTakes) plane.apply(*last.change);
    return Json::parse(last.reply.body);
  }
  std::string errorOf(const std::string& operation, const Json& body) {
    const Json answer = call(operation, body);
    EXPECT_EQ(answer.contains("__type"), last.reply.status != 200);
    return answer.value("__type", "none");
  }
  Json info(const std::string& name) { return call("describeStream", {{"StreamName", name}})["StreamInfo"]; }

  StreamTable streams;
  int versions = 0;
  ControlPlane plane{streams, {"eu-west-1", "000011112222", milliseconds(50)}, [this] {
                       return "V" + std::to_string(++versions);
                     }};
  WallTime now{milliseconds(1'700'000'000'250)};
  ControlAnswer last;
  bool diskTakes = true;
};

TEST_F(ControlPlaneTest, createsAndDescribes) {
  const Json made = call("createStream", {{"StreamName", "cam"},
                                          {"DeviceName", "door"},
                                          {"MediaType", "video/h264,audio/aac"},
                                          {"DataRetentionInHours", 24},
                                          {"Tags", {{"a", "b"}}}});
  EXPECT_EQ(made["StreamARN"], "arn:aws:kinesisvideo:eu-west-1:000011112222:stream/cam/1700000000250");
  ASSERT_TRUE(last.change);
  EXPECT_EQ(last.change->kind, StreamChange::Kind::saved);
  const Json described = info("cam");
  EXPECT_EQ(described["Status"], "CREATING");
  EXPECT_EQ(described["DeviceName"], "door");
  EXPECT_EQ(described["MediaType"], "video/h264,audio/aac");
  EXPECT_EQ(described["DataRetentionInHours"], 24);
  EXPECT_DOUBLE_EQ(described["CreationTime"], 1'700'000'000.25);
  now += milliseconds(50);
  EXPECT_EQ(info("cam")["Status"], "ACTIVE");
  EXPECT_EQ(call("describeStream", {{"StreamARN", made["StreamARN"]}})["StreamInfo"]["StreamName"], "cam");
  EXPECT_EQ(call("listTagsForStream", {{"StreamName", "cam"}})["Tags"], (Json{{"a", "b"}}));
}

TEST_F(ControlPlaneTest, refusesWhatTheModelRefuses) {
  call("createStream", {{"StreamName", "cam"}});
  EXPECT_EQ(errorOf("createStream", {{"StreamName", "cam"}}), "ResourceInUseException");
  EXPECT_EQ(last.reply.status, 400);
  for (const Json& body :
       {Json::object(), Json{{"StreamName", ""}}, Json{{"StreamName", std::string(257, 'x')}},
        Json{{"StreamName", "a b"}}, Json{{"StreamName", 5}}, Json{{"StreamName", "x"}, {"DeviceName", ""}},
        Json{{"StreamName", "x"}, {"MediaType", "video"}},
        Json{{"StreamName", "x"}, {"MediaType", "video/h264,"}},
        Json{{"StreamName", "x"}, {"DataRetentionInHours", -1}},
        Json{{"StreamName", "x"}, {"DataRetentionInHours", 90'000}},
        Json{{"StreamName", "x"}, {"Tags", Json::object()}}, Json{{"StreamName", "x"}, {"Tags", {{"a", 1}}}},
        Json{{"StreamName", "x"}, {"Tags", {{"a?", "1"}}}}}) {
    EXPECT_EQ(errorOf("createStream", body), "InvalidArgumentException") << body;
    EXPECT_FALSE(last.change);
  }
  EXPECT_EQ(errorOf("createStream", Json::array()), "SerializationException");
  EXPECT_EQ(errorOf("describeStream", {{"StreamName", "nobody"}}), "ResourceNotFoundException");
  EXPECT_EQ(last.reply.status, 404);
  EXPECT_EQ(errorOf("describeStream", Json::object()), "InvalidArgumentException");
  EXPECT_EQ(errorOf("getDataEndpoint", {{"StreamName", "cam"}, {"APIName", "X"}}),
            "InvalidArgumentException");
  EXPECT_EQ(errorOf("flyAway", Json::object()), "UnknownOperationException");
}

TEST_F(ControlPlaneTest, updatesNeedTheCurrentVersion) {
  call("createStream", {{"StreamName", "cam"}});
  const std::string version = info("cam")["Version"];
  EXPECT_EQ(
      errorOf("updateStream", {{"StreamName", "cam"}, {"CurrentVersion", version}, {"DeviceName", "d"}}),
      "ResourceInUseException");
  now += milliseconds(50);
  EXPECT_EQ(errorOf("updateStream", {{"StreamName", "cam"}, {"CurrentVersion", "old"}, {"DeviceName", "d"}}),
            "VersionMismatchException");
  EXPECT_EQ(
      errorOf("updateStream", {{"StreamName", "cam"}, {"CurrentVersion", version}, {"DeviceName", "d"}}),
      "none");
  EXPECT_EQ(info("cam")["DeviceName"], "d");
  EXPECT_NE(info("cam")["Version"], version);
}

TEST_F(ControlPlaneTest, retentionGoesUpAndDown) {
  call("createStream", {{"StreamName", "cam"}, {"DataRetentionInHours", 2}});
  now += milliseconds(50);
  const auto change = [this](const char* operation, int hours) {
    return errorOf("updateDataRetention", {{"StreamName", "cam"},
                                           {"CurrentVersion", info("cam")["Version"]},
                                           {"Operation", operation},
                                           {"DataRetentionChangeInHours", hours}});
  };
  EXPECT_EQ(change("INCREASE_DATA_RETENTION", 3), "none");
  EXPECT_EQ(info("cam")["DataRetentionInHours"], 5);
  EXPECT_EQ(change("DECREASE_DATA_RETENTION", 6), "InvalidArgumentException");
  EXPECT_EQ(change("DECREASE_DATA_RETENTION", 5), "none");
  EXPECT_EQ(info("cam")["DataRetentionInHours"], 0);
  EXPECT_EQ(change("SIDEWAYS", 1), "InvalidArgumentException");
  EXPECT_EQ(change("INCREASE_DATA_RETENTION", 0), "InvalidArgumentException");
}

TEST_F(ControlPlaneTest, fiftyTagsAtMost) {
  call("createStream", {{"StreamName", "cam"}});
  Json tags = Json::object();
  for (int i = 0; i < 50; ++i)
    tags["k" + std::to_string(i)] = "v";
  EXPECT_EQ(errorOf("tagStream", {{"StreamName", "cam"}, {"Tags", tags}}), "none");
  EXPECT_EQ(errorOf("tagStream", {{"StreamName", "cam"}, {"Tags", {{"k1", "other"}}}}), "none");
  EXPECT_EQ(errorOf("tagStream", {{"StreamName", "cam"}, {"Tags", {{"one more", "v"}}}}),
            "TagsPerResourceExceededLimitException");
  EXPECT_EQ(errorOf("untagStream", {{"StreamName", "cam"}, {"TagKeyList", {"k1", "k2", "none such"}}}),
            "none");
  EXPECT_EQ(call("listTagsForStream", {{"StreamName", "cam"}})["Tags"].size(), 48U);
  EXPECT_EQ(errorOf("untagStream", {{"StreamName", "cam"}, {"TagKeyList", Json::array()}}),
            "InvalidArgumentException");
}

TEST_F(ControlPlaneTest, listsInPagesAndByPrefix) {
  for (const char* name : {"b", "a", "ab", "c"})
    call("createStream", {{"StreamName", name}});
  std::string names;
  Json request{{"MaxResults", 3}};
  for (int page = 0; page < 2; ++page) {
    const Json answer = call("listStreams", request);
    for (const auto& stream : answer["StreamInfoList"])
      names += stream["StreamName"].get<std::string>() + ' ';
    EXPECT_EQ(answer.contains("NextToken"), page == 0);
    request["NextToken"] = answer.value("NextToken", "");
  }
  EXPECT_EQ(names, "a ab b c ");
  const Json some =
      call("listStreams",
           {{"StreamNameCondition", {{"ComparisonOperator", "BEGINS_WITH"}, {"ComparisonValue", "a"}}}});
  EXPECT_EQ(some["StreamInfoList"].size(), 2U);
  EXPECT_EQ(errorOf("listStreams", {{"MaxResults", 0}}), "InvalidArgumentException");
  EXPECT_EQ(errorOf("listStreams", {{"NextToken", "!!"}}), "InvalidArgumentException");
}

TEST_F(ControlPlaneTest, deletesByArnOnly) {
  const std::string arn = call("createStream", {{"StreamName", "cam"}})["StreamARN"];
  now += milliseconds(50);
  EXPECT_EQ(errorOf("deleteStream", {{"StreamName", "cam"}}), "InvalidArgumentException");
  EXPECT_EQ(errorOf("deleteStream", {{"StreamARN", arn}, {"CurrentVersion", "old"}}),
            "VersionMismatchException");
  EXPECT_EQ(errorOf("deleteStream", {{"StreamARN", arn}}), "none");
  ASSERT_TRUE(last.change);
  EXPECT_EQ(last.change->kind, StreamChange::Kind::deleted);
  EXPECT_EQ(errorOf("deleteStream", {{"StreamARN", arn}}), "ResourceNotFoundException");
  now += milliseconds(1);
  EXPECT_NE(call("createStream", {{"StreamName", "cam"}})["StreamARN"], arn);
  EXPECT_EQ(errorOf("describeStream", {{"StreamARN", arn}}), "ResourceNotFoundException");
}

TEST_F(ControlPlaneTest, whatTheDiskDidNotTakeIsNotKnown) {
  const std::string arn = call("createStream", {{"StreamName", "cam"}, {"Tags", {{"a", "b"}}}})["StreamARN"];
  now += milliseconds(50);
  const Json before = info("cam");
  diskTakes = false;
  const Json named{{"StreamName", "cam"}};
  const Json versioned{{"StreamName", "cam"}, {"CurrentVersion", before["Version"]}};
  const std::vector<std::pair<std::string, Json>> refused{
      {"createStream", {{"StreamName", "other"}}},
      {"updateStream", {{"DeviceName", "d"}, {"MediaType", "a/b"}}},
      {"updateDataRetention", {{"Operation", "INCREASE_DATA_RETENTION"}, {"DataRetentionChangeInHours", 5}}},
      {"tagStream", {{"Tags", {{"c", "d"}}}}},
      {"untagStream", {{"TagKeyList", {"a"}}}},
      {"deleteStream", {{"StreamARN", arn}}}};
  for (const auto& [operation, fields] : refused) {
    EXPECT_TRUE(ControlPlane::changes(operation));
    Json body = operation == "createStream" || operation == "deleteStream" ? Json::object() : versioned;
    body.update(fields);
    EXPECT_EQ(errorOf(operation, body), "none") << operation;
    ASSERT_TRUE(last.change) << operation;
    EXPECT_EQ(info("cam"), before) << operation;
    EXPECT_EQ(call("listTagsForStream", named)["Tags"], (Json{{"a", "b"}})) << operation;
  }
  EXPECT_EQ(errorOf("describeStream", {{"StreamName", "other"}}), "ResourceNotFoundException");
}

TEST(ChangeQueue, changesOfOneStreamFollowEachOther) {
  ChangeQueue queue;
  std::string order;
  queue.enter("a", [&] { order += "1"; });
  queue.enter("a", [&] { order += "2"; });
  queue.enter("b", [&] { order += "b"; });
  queue.enter("a", [&] {
    order += "3";
    queue.leave("a");
  });
  EXPECT_EQ(order, "1b");
  queue.leave("a");
  EXPECT_EQ(order, "1b2");
  queue.leave("a");
  EXPECT_EQ(order, "1b23");
  queue.enter("a", [&] { order += "4"; });
  EXPECT_EQ(order, "1b234");
}

TEST(ChangeQueue, aLongQueueOfChangesThatAreRefusedAtOnceTakesNoStack) {
  ChangeQueue queue;
  constexpr int count = 100'000;
  int refused = 0;
  queue.enter("a", [] {});
  for (int i = 0; i < count; ++i) {
    queue.enter("a", [&] {
      ++refused;
      queue.leave("a");
    });
  }
  queue.leave("a");
  EXPECT_EQ(refused, count);
}

TEST_F(ControlPlaneTest, theDataEndpointIsHowWeWereReached) {
  call("createStream", {{"StreamName", "cam"}});
  EXPECT_EQ(call("getDataEndpoint", {{"StreamName", "cam"}, {"APIName", "PUT_MEDIA"}})["DataEndpoint"],
            "http://host:1");
}

TEST(ControlPlane, findsTheStreamThatABodyNames) {
  EXPECT_EQ(ControlPlane::streamNameIn(R"({"StreamName":"a"})"), "a");
  EXPECT_EQ(ControlPlane::streamNameIn(R"({"StreamARN":"arn:aws:kinesisvideo:r:1:stream/b/5"})"), "b");
  EXPECT_EQ(ControlPlane::streamNameIn("no json"), "");
}

}  // namespace
}  // namespace kvslocal
