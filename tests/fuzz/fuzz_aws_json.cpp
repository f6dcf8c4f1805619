// SPDX-License-Identifier: Apache-2.0
// Everything that the service, or whoever stands in for it, may send as JSON, and the addresses and
// dates beside it. The first byte chooses the parser.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "aws/acknowledgement.h"
#include "aws/control_plane.h"
#include "aws/endpoint.h"
#include "aws/limits.h"
#include "aws/service_error.h"
#include "net/place.h"

namespace {

using namespace kvs;

/// An acknowledgement is the same, wherever the network splits it: a difference is a crash.
void feedAcknowledgements(ByteView bytes) {
  aws::AckParser whole;
  aws::AckParser pieces;
  std::vector<aws::Acknowledgement> expected;
  std::vector<aws::Acknowledgement> got;
  static_cast<void>(whole.feed(bytes, expected));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    static_cast<void>(pieces.feed(bytes.subspan(i, 1), got));
  if (got.size() != expected.size()) std::abort();
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i].type != expected[i].type || got[i].fragmentNumber != expected[i].fragmentNumber) std::abort();
  }
}

/// Header values before the first line feed, the body behind it.
void readErrorAnswer(std::string_view text) {
  const std::string header(text.substr(0, text.find('\n')));
  text.remove_prefix(std::min(text.size(), header.size() + 1));
  net::ResponseHead head;
  head.status = 400;
  for (const char* name : {"x-amzn-ErrorType", "x-amzn-RequestId", "Retry-After", "Date"}) {
    head.headers.push_back({name, header});
  }
  const Error error = aws::parseErrorAnswer(head, text, aws::Operation::putMedia, "stream");
  if (error.message.size() > 2000 || error.message.find('\n') != std::string::npos) std::abort();
}

/// What was taken is taken again, unchanged, and can be connected to.
void readAddress(std::string_view text) {
  static_cast<void>(net::placeOf(std::string(text)));
  const Result<std::string> url = aws::checkServiceUrl(text, "it", false);
  if (!url) return;
  if (!net::placeOf(*url + "/putMedia")) std::abort();
  const Result<std::string> again = aws::checkServiceUrl(*url, "it", false);
  if (!again || *again != *url) std::abort();
  const Result<std::string> regional = aws::checkRegionalUrl(text, "it", "us-west-2", false);
  if (regional && *regional != *url) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data + 1, size - 1));
  const std::string_view text = asText(bytes);
  switch (data[0] % 7) {
    case 0:
      feedAcknowledgements(bytes);
      break;
    case 1:
      static_cast<void>(aws::parseDescribeStream(text));
      break;
    case 2:
      static_cast<void>(aws::parseCreateStream(text));
      break;
    case 3:
      static_cast<void>(aws::parseGetDataEndpoint(text, true));
      break;
    case 4:
      readErrorAnswer(text);
      break;
    case 5:
      readAddress(text);
      break;
    default:
      static_cast<void>(aws::validateTags({{std::string(text), std::string(text)}}));
      break;
  }
  return 0;
}
