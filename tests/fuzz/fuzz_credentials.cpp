// SPDX-License-Identifier: Apache-2.0
// Everything that credentials are read from: the guide's file, the shared files, JSON and XML answers, times,
// commands, addresses. The first byte chooses the reader.
#include <algorithm>

#include "aws/credentials/file.h"
#include "aws/credentials/json_credentials.h"
#include "aws/credentials/profile_plan.h"
#include "aws/credentials/sts.h"
#include "aws/endpoint.h"
#include "aws/endpoint_finder.h"
#include "aws/iso_time.h"
#include "aws/url.h"
#include "fuzz_input.h"
#include "net/proxy.h"

namespace {

using namespace kvs;
using fuzz::require;

bool isHeaderText(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f; });
}

/// What is taken can travel in headers, and no error is longer than a few lines.
void check(const Result<aws::Credentials>& read) {
  if (!read) return require(read.error().message.size() < 2000, "an error is short");
  require(!read->accessKey.empty() && !read->secretKey.empty(), "both keys are there");
  require(isHeaderText(read->accessKey) && isHeaderText(read->secretKey.reveal()) &&
              isHeaderText(read->sessionToken.reveal()),
          "keys can stand in a header");
}

aws::Answer answerOf(std::string_view text) {
  aws::Answer answer;
  answer.head.status = 200;
  answer.body = text;
  return answer;
}

/// The config file up to the first zero, the credentials file behind it.
void planOf(std::string_view text) {
  const std::size_t split = std::min(text.find('\0'), text.size());
  auto config = aws::parseIni(text.substr(0, split), "config");
  auto credentials = aws::parseIni(text.substr(std::min(split + 1, text.size())), "credentials");
  if (!config || !credentials) return;
  const aws::ProfileFiles files{aws::profilesOfConfig(std::move(*config)), std::move(*credentials)};
  for (const auto& [profile, section] : files.config)
    static_cast<void>(aws::planProfile(files, profile, true));
  for (const auto& [profile, section] : files.credentials)
    static_cast<void>(aws::planProfile(files, profile, false));
}

void timeOf(std::string_view text) {
  const auto time = aws::parseIsoTime(text);
  require(!time || (text.size() >= 20 && *time >= WallTime()), "a time is written out and not before 1970");
}

void wordsOf(std::string_view text) {
  const auto words = aws::splitCommand(text);
  if (!words) return;
  std::size_t size = 0;
  for (const std::string& word : *words)
    size += word.size();
  require(!words->empty() && size <= text.size(), "words are made of the command");
}

void addressOf(std::string_view text) {
  const auto parts = aws::parseUrl(text);
  require(!parts || !parts->host.empty(), "an address has a host");
}

/// What was taken is taken again, unchanged; what was not is not repeated.
void proxyOf(std::string_view text) {
  const auto proxy = net::parseProxy(text);
  if (!proxy) return require(proxy.error().message.size() < 300, "an error says nothing of the text");
  const auto again = net::parseProxy(proxy->address);
  require(again && again->address == proxy->address, "an address that was taken is taken again");
  const auto isBlank = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
  require(std::ranges::none_of(proxy->address, isBlank), "an address has no blanks");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned which = input.byte() % 11;
  const std::string_view text = asText(input.rest());
  const WallTime now = WallTime(Seconds(1'700'000'000));
  switch (which) {
    case 0:
      check(aws::parseCredentialFile(text, "file", now));
      break;
    case 1:
      check(aws::parseJsonCredentials(text, aws::iotNames, "source"));
      break;
    case 2:
      check(aws::parseJsonCredentials(text, aws::endpointNames, "source"));
      break;
    case 3:
      check(aws::parseJsonCredentials(text, aws::processNames, "source"));
      break;
    case 4:
      check(aws::parseStsAnswer(answerOf(text), "source"));
      break;
    case 5:
      planOf(text);
      break;
    case 6:
      timeOf(text);
      break;
    case 7:
      wordsOf(text);
      break;
    case 8:
      addressOf(text);
      break;
    case 9:
      proxyOf(text);
      break;
    default:
      static_cast<void>(aws::variantInConfig(text, "default"));
      break;
  }
  return 0;
}
