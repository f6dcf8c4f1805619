// SPDX-License-Identifier: Apache-2.0
// JSON that is nested without end is refused while it is read: nothing that walks it later can run out of
// stack.
#include <gtest/gtest.h>

#include "base/json.h"
#include "faults/faults.h"
#include "service/control_plane.h"

namespace kvslocal {
namespace {

constexpr std::size_t veryDeep = 150'000;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

std::string lists(std::size_t depth) {
  return repeated("[", depth) + repeated("]", depth);
}
std::string objects(std::size_t depth) {
  return repeated(R"({"a":)", depth) + "1" + repeated("}", depth);
}

TEST(DeepJson, isRefusedByEveryOperation) {
  StreamTable streams;
  ControlPlane plane{streams, {}, [] { return std::string("V"); }};
  for (const char* operation : {"listStreams", "createStream", "untagStream"}) {
    for (const char* field : {"StreamNameCondition", "TagKeyList", "unknown"}) {
      for (const auto& value : {lists(veryDeep), objects(veryDeep), repeated("[", veryDeep)}) {
        const std::string body = R"({"StreamName":"cam",")" + std::string(field) + "\":" + value + '}';
        const auto answer = plane.handle(operation, body, "http://h", WallTime{});
        EXPECT_EQ(answer.reply.status, 400) << operation << ' ' << field;
        EXPECT_NE(answer.reply.body.find("SerializationException"), std::string::npos) << answer.reply.body;
        EXPECT_EQ(ControlPlane::streamNameIn(body), "");
      }
    }
  }
}

TEST(DeepJson, isRefusedInAFaultsFile) {
  EXPECT_FALSE(FaultBook::parse(R"({"rules":)" + lists(veryDeep) + '}'));
  EXPECT_FALSE(FaultBook::parse("// \" {\n" + objects(veryDeep)));
}

TEST(DeepJson, theBoundIsCountedByWhatIsOpen) {
  const auto most = static_cast<std::size_t>(maxJsonDepth);
  EXPECT_FALSE(readJson(lists(most)).is_discarded());
  EXPECT_TRUE(readJson(lists(most + 1)).is_discarded());
  EXPECT_FALSE(readJson(objects(most)).is_discarded());
  EXPECT_TRUE(readJson(objects(most + 1)).is_discarded());
  EXPECT_FALSE(
      readJson('[' + repeated("[],{},", 100) + "\"[[[[\\\"" + std::string(100, '[') + "\"]").is_discarded());
}

}  // namespace
}  // namespace kvslocal
