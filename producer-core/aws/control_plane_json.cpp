// SPDX-License-Identifier: Apache-2.0
// The bodies of the control plane's requests and answers (Kinesis Video Streams API reference).
#include <array>
#include <nlohmann/json.hpp>

#include "aws/control_plane.h"
#include "aws/json_text.h"
#include "base/limits.h"
#include "base/redaction.h"

namespace kvs::aws {
namespace {

using nlohmann::json;

/// Longest retention taken as meant (guide, "Producer SDK quotas": 10 years); more is a broken answer.
constexpr std::int64_t maxRetentionHours =
    static_cast<std::int64_t>(limits::retentionHours.kept) + 10 * 24;  // leap days

constexpr std::size_t maxMessage = 1024;  // where it repeats an address that the service gave

json tagsObject(const Tags& tags) {
  json object = json::object();
  for (const auto& [name, value] : tags)
    object[name] = value;
  return object;
}

void setUnlessEmpty(json& object, const char* name, const std::string& value) {
  if (!value.empty()) object[name] = value;
}

tl::unexpected<Error> unusable(StatusCode code, std::string_view operation, std::string_view why) {
  Error error{code, ErrorKind::retryable,
              "The answer to " + std::string(operation) + " cannot be used: " + std::string(why) +
                  ". Check that the endpoint belongs to Kinesis Video Streams."};
  error.strange = true;
  return fail(std::move(error));
}

std::optional<StreamStatus> statusOf(std::string_view text) {
  struct Entry {
    std::string_view text;
    StreamStatus status;
  };
  constexpr std::array entries{
      Entry{"CREATING", StreamStatus::creating}, Entry{"ACTIVE", StreamStatus::active},
      Entry{"UPDATING", StreamStatus::updating}, Entry{"DELETING", StreamStatus::deleting}};
  for (const Entry& entry : entries) {
    if (entry.text == text) return entry.status;
  }
  return std::nullopt;
}

std::optional<WallTime> creationTimeOf(const json& info) {
  const std::optional<double> seconds = numberField(info, "CreationTime");
  // 2^63 ns end in the year 2262.
  if (!seconds || *seconds < 0 || *seconds > 9e9) return std::nullopt;
  return WallTime(std::chrono::round<Milliseconds>(std::chrono::duration<double>(*seconds)));
}

}  // namespace

std::string describeStreamBody(std::string_view streamName) {
  return toText(json{{"StreamName", streamName}});
}

std::string createStreamBody(const CreateStreamInput& input) {
  json body{{"StreamName", input.name}, {"DataRetentionInHours", input.retention.count()}};
  setUnlessEmpty(body, "MediaType", input.mediaType);
  setUnlessEmpty(body, "KmsKeyId", input.kmsKeyId);
  setUnlessEmpty(body, "DeviceName", input.deviceName);
  if (!input.tags.empty()) body["Tags"] = tagsObject(input.tags);
  return toText(body);
}

std::string tagStreamBody(std::string_view streamArn, const Tags& tags) {
  return toText(json{{"StreamARN", streamArn}, {"Tags", tagsObject(tags)}});
}

std::string getDataEndpointBody(std::string_view streamName, std::string_view api) {
  return toText(json{{"StreamName", streamName}, {"APIName", api}});
}

Result<StreamDescription> parseDescribeStream(std::string_view body) {
  const auto bad = [](std::string_view why) {
    return unusable(StatusCode::invalidDescribeResponse, "describeStream", why);
  };
  json answer;
  if (!parseJsonObject(body, answer)) return bad("it is not a JSON object");
  const auto at = answer.find("StreamInfo");
  if (at == answer.end() || !at->is_object()) return bad("StreamInfo is missing");
  const json& info = *at;

  StreamDescription stream;
  stream.arn = textField(info, "StreamARN");
  if (stream.arn.empty()) return bad("StreamARN is missing");
  if (stream.arn.size() > limits::arnLength.kept) return bad("StreamARN is over 1024 characters");
  const std::optional<StreamStatus> status = statusOf(textField(info, "Status"));
  if (!status) return bad("its Status is none of CREATING, ACTIVE, UPDATING, DELETING");
  const std::int64_t hours = integerField(info, "DataRetentionInHours").value_or(0);
  if (hours < 0 || hours > maxRetentionHours) return bad("DataRetentionInHours is out of range");
  stream.status = *status;
  stream.retention = std::chrono::hours(hours);
  stream.name = textField(info, "StreamName");
  stream.version = textField(info, "Version");
  stream.mediaType = textField(info, "MediaType");
  stream.kmsKeyId = textField(info, "KmsKeyId");
  stream.deviceName = textField(info, "DeviceName");
  stream.creationTime = creationTimeOf(info);
  return stream;
}

Result<std::string> parseCreateStream(std::string_view body) {
  json answer;
  std::string arn = parseJsonObject(body, answer) ? textField(answer, "StreamARN") : std::string();
  if (arn.size() > limits::arnLength.kept) {
    return unusable(StatusCode::invalidCreateResponse, "createStream", "StreamARN is over 1024 characters");
  }
  if (arn.empty()) return unusable(StatusCode::invalidCreateResponse, "createStream", "StreamARN is missing");
  return arn;
}

Result<std::string> parseGetDataEndpoint(std::string_view body, bool allowInsecure) {
  json answer;
  const std::string url = parseJsonObject(body, answer) ? textField(answer, "DataEndpoint") : std::string();
  if (url.empty()) {
    return unusable(StatusCode::getDataEndpointFailed, "getDataEndpoint", "DataEndpoint is missing");
  }
  return checkServiceUrl(url, "the data endpoint of the answer to getDataEndpoint", allowInsecure)
      .map_error([](Error error) {
        // The next answer may be better: it is the service's word, not the user's.
        error.kind = ErrorKind::retryable;
        error.message = foreignText(error.message, maxMessage);
        if (error.code == StatusCode::invalidArg) error.code = StatusCode::getDataEndpointFailed;
        return error;
      });
}

}  // namespace kvs::aws
