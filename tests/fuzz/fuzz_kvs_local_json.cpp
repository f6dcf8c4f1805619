// SPDX-License-Identifier: Apache-2.0
// JSON that kvs-local reads: requests of the control plane and the file of faults. The first byte chooses.
#include <nlohmann/json.hpp>

#include "faults/faults.h"
#include "kvs_local_input.h"
#include "service/control_plane.h"

namespace {

using namespace kvslocal;
using fuzz::require;

constexpr std::array operations{"createStream",      "describeStream",      "listStreams", "deleteStream",
                                "updateStream",      "updateDataRetention", "tagStream",   "untagStream",
                                "listTagsForStream", "getDataEndpoint"};

void ask(const std::string& operation, const std::string& body) {
  constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};
  StreamTable streams;
  ControlPlane plane{streams, {}, [] { return std::string("V1"); }};
  plane.handle("createStream", R"({"StreamName":"cam","Tags":{"a":"b"}})", "http://h:1", now);
  const ControlAnswer answer = plane.handle(operation, body, "http://h:1", now);
  require(nlohmann::json::accept(answer.reply.body), "every answer is JSON");
  require(answer.reply.status == 200 || !answer.change, "what is refused changes nothing");
  static_cast<void>(ControlPlane::streamNameIn(body));
}

void readFaults(const std::string& text) {
  auto book = FaultBook::parse(text);
  if (!book) return require(!book.error().empty(), "a wrong file is told in words");
  for (const char* operation : operations)
    static_cast<void>(book->match(operation, "cam"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t choice = data[0] % (operations.size() + 1);
  if (choice == operations.size()) {
    readFaults(text);
  } else {
    ask(operations[choice], text);
  }
  return 0;
}
