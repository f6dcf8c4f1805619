// SPDX-License-Identifier: Apache-2.0
#include "aws/service_error.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "aws/json_text.h"
#include "base/redaction.h"

namespace kvs::aws {
namespace {

/// Longest text of the service that goes into a message; its own are under 200 characters.
constexpr std::size_t maxServiceText = 512;
constexpr std::size_t maxWord = 128;  // of exception names and request ids

/// What an answer means: the code (`unknown`: the operation's own), what can be done, what to tell.
struct Meaning {
  StatusCode code;
  ErrorKind kind;
  std::string_view advice;
};

constexpr Meaning wrongKeys{StatusCode::notAuthorized, ErrorKind::auth,
                            "Check that access key and secret key belong together and are active."};
constexpr Meaning expired{StatusCode::notAuthorized, ErrorKind::auth,
                          "The credentials have expired: get new ones, or check the machine's clock."};
constexpr Meaning denied{StatusCode::notAuthorized, ErrorKind::auth,
                         "Give these credentials an IAM policy that allows this operation on this stream."};
constexpr Meaning badSignature{
    StatusCode::notAuthorized, ErrorKind::auth,
    "Check the secret key, the session token, the region and the machine's clock."};
constexpr Meaning wait{StatusCode::clientLimit, ErrorKind::throttled,
                       "The service accepts fewer calls per second; the next attempt waits longer."};
constexpr Meaning badInput{StatusCode::serviceInvalidArg, ErrorKind::fatal,
                           "Correct the setting that the service names."};

struct Exception {
  std::string_view name;  // without "Exception"
  Meaning meaning;
};

constexpr std::array exceptions{
    Exception{"ClientLimitExceeded", wait},
    Exception{"Throttling", wait},
    Exception{"TooManyRequests", wait},
    Exception{"RequestLimitExceeded", wait},
    Exception{"ConnectionLimitExceeded",
              {StatusCode::clientLimit, ErrorKind::throttled,
               "A stream accepts one upload at a time: check that no other producer sends to it."}},
    Exception{"AccountStreamLimitExceeded",
              {StatusCode::streamLimit, ErrorKind::fatal,
               "The account has reached its limit of streams: delete some, or ask AWS for a higher quota."}},
    Exception{"DeviceStreamLimitExceeded",
              {StatusCode::streamLimit, ErrorKind::fatal, "The device has reached its limit of streams."}},
    Exception{"TagsPerResourceExceededLimit",
              {StatusCode::maxTagCount, ErrorKind::fatal, "A stream may have 50 tags: remove some."}},
    Exception{"ResourceInUse",
              {StatusCode::resourceInUse, ErrorKind::retryable,
               "The stream already exists, or is being changed by somebody else."}},
    Exception{"VersionMismatch",
              {StatusCode::resourceInUse, ErrorKind::retryable, "The stream was changed in the meantime."}},
    Exception{"ResourceNotFound",
              {StatusCode::resourceNotFound, ErrorKind::notFound,
               "Check the stream's name and the region, or allow the stream to be created."}},
    Exception{
        "InvalidEndpoint",
        {StatusCode::unknown, ErrorKind::endpointMoved, "The stream's data endpoint is looked up again."}},
    Exception{"InvalidArgument", badInput},
    Exception{"Validation", badInput},
    Exception{"InvalidParameterValue", badInput},
    Exception{"InvalidParameterCombination", badInput},
    Exception{"InvalidResourceFormat", badInput},
    Exception{"InvalidTagFormat", badInput},
    Exception{"InvalidDevice", badInput},
    Exception{"MissingParameter", badInput},
    Exception{"Serialization", badInput},
    Exception{"UnknownOperation", badInput},
    Exception{"NotAuthorized", denied},
    Exception{"AccessDenied", denied},
    Exception{"InvalidSignature", badSignature},
    Exception{"SignatureDoesNotMatch", badSignature},
    Exception{"IncompleteSignature", badSignature},
    Exception{"MissingAuthenticationToken", badSignature},
    Exception{"UnrecognizedClient", wrongKeys},
    Exception{"InvalidClientTokenId", wrongKeys},
    Exception{"OptInRequired", wrongKeys},
    Exception{"ExpiredToken", expired},
    Exception{"RequestExpired", expired},
};

/// Words of the service that say more than its exception, and what the guide advises ("Troubleshooting
/// Kinesis Video Streams").
struct KnownWords {
  std::string_view words;
  std::string_view advice;
};

constexpr std::array knownWords{
    KnownWords{"Credential should be scoped to a valid region",
               "Requests are signed for another region than the endpoint's: set AWS_DEFAULT_REGION, or, if "
               "that is not set, aws-region (us-west-2 if neither is set), to the endpoint's region."},
    KnownWords{"security token included in the request is invalid",
               "Temporary credentials need their session token in addition to both keys; check that all "
               "three belong together, have not expired, and may do this."},
    KnownWords{"security token included in the request is expired",
               "The credentials have expired: get new ones, or check the machine's clock."},
    KnownWords{"Unable to determine service/operation name",
               "The address does not serve this call: check endpoint and data-endpoint."},
    KnownWords{"Signature expired", "The machine's clock is behind: set it."},
    KnownWords{"Signature not yet current", "The machine's clock is ahead: set it."},
};

std::string_view adviceFor(std::string_view serviceText, std::string_view usual) {
  const auto* known = std::find_if(knownWords.begin(), knownWords.end(), [&](const KnownWords& entry) {
    return serviceText.find(entry.words) != std::string_view::npos;
  });
  return known == knownWords.end() ? usual : known->advice;
}

Meaning meaningOfStatus(int status) {
  if (status == 401 || status == 403) return denied;
  if (status == 404) {
    return {StatusCode::resourceNotFound, ErrorKind::notFound,
            "Check the stream's name, the region and the endpoint."};
  }
  if (status == 408 || status == 504) {
    return {StatusCode::serviceCallTimeout, ErrorKind::retryable, "It is tried again."};
  }
  if (status == 429) return wait;
  if (status >= 300 && status < 400) {
    return {
        StatusCode::unknown, ErrorKind::retryable,
        "Redirects are not followed: check the endpoint, and whether a portal or proxy stands in between."};
  }
  return {StatusCode::unknown, ErrorKind::retryable, "It is tried again."};
}

Meaning meaningOf(std::string_view exception, int status, const Operation& operation) {
  std::string_view name = exception;
  if (name.ends_with("Exception")) name.remove_suffix(std::string_view("Exception").size());
  const auto* known =
      std::find_if(exceptions.begin(), exceptions.end(), [&](const Exception& e) { return e.name == name; });
  Meaning meaning = known == exceptions.end() ? meaningOfStatus(status) : known->meaning;
  // A data endpoint that does not know the stream is the wrong one; whether the stream is gone, the
  // control plane says.
  if (meaning.kind == ErrorKind::notFound && operation.plane == Operation::Plane::data) {
    meaning.kind = ErrorKind::endpointMoved;
    meaning.advice = "The stream's data endpoint is looked up again.";
  }
  if (meaning.code == StatusCode::unknown) meaning.code = operation.failure;
  return meaning;
}

/// "com.amazonaws...#ResourceNotFoundException:http://..." is ResourceNotFoundException.
std::string bareException(std::string_view said) {
  const std::string known = withoutSecrets(said);
  std::string_view text = known;
  text = text.substr(0, text.find(':'));
  if (const std::size_t hash = text.rfind('#'); hash != std::string_view::npos) text.remove_prefix(hash + 1);
  std::string name;
  for (char c : text.substr(0, maxWord)) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.')
      name += c;
  }
  return name;
}

/// Request ids are printable ASCII; whatever else an answer says there is not repeated.
std::string printable(std::string_view said) {
  std::string text = foreignText(said, maxWord);
  std::erase_if(text, [](char c) { return c <= ' ' || c >= 0x7f; });
  return text;
}

struct ServiceWords {
  std::string exception;
  std::string text;
};

ServiceWords readWords(const net::ResponseHead& head, std::string_view body) {
  ServiceWords words;
  words.exception = bareException(net::findHeader(head.headers, "x-amzn-ErrorType"));
  nlohmann::json json;
  if (!parseJsonObject(body, json)) return words;
  if (words.exception.empty()) words.exception = bareException(textField(json, "__type"));
  std::string text = textField(json, "Message");
  if (text.empty()) text = textField(json, "message");
  words.text = cleanServiceText(text);
  return words;
}

/// Seconds or a date; a date counts from the answer's own Date, so that no clock of ours comes in. As it was
/// asked for: how much of it is granted, the stream says.
std::optional<Milliseconds> retryAfterOf(std::string_view text, std::optional<WallTime> serverDate) {
  constexpr Seconds longest = std::chrono::hours(24);
  std::int64_t seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && stop == text.data() + text.size()) {
    if (seconds < 0) return std::nullopt;
    return std::min(Seconds(seconds), longest);
  }
  const std::optional<WallTime> date = parseHttpDate(text);
  if (!date || !serverDate) return std::nullopt;
  return std::clamp(std::chrono::floor<Seconds>(*date - *serverDate), Seconds(0), longest);
}

std::string ofStream(const Operation& operation, std::string_view streamName) {
  // The service may have named it: a stream's ARN is its word.
  const std::string name(operation.name);
  return streamName.empty() ? name : name + " of stream '" + foreignText(streamName, maxServiceText) + "'";
}

/// A 404 that says neither what is missing nor its request's id, which the service always does. What a data
/// endpoint says is believed all the same: it leads to a question.
bool isOfAnotherServer(const Error& error, const Operation& operation) {
  return operation.plane == Operation::Plane::control && error.kind == ErrorKind::notFound &&
         error.exception.empty() && error.requestId.empty();
}

std::string sentence(const Error& error, const ServiceWords& words, const Operation& operation,
                     std::string_view streamName, std::string_view advice) {
  std::string text = ofStream(operation, streamName);
  text += error.httpStatus >= 500 ? " failed in the service with HTTP " : " was refused with HTTP ";
  text += std::to_string(error.httpStatus);
  if (!words.exception.empty()) text += ", " + words.exception;
  if (!words.text.empty()) text += ": \"" + words.text + "\"";
  if (!text.ends_with(".\"")) text += ".";
  text.append(" ").append(advice);
  if (error.requestId.empty() && words.exception.empty()) {
    text += " The answer has no request id, so it may come from a proxy or another server.";
  }
  return text;
}

}  // namespace

std::string cleanServiceText(std::string_view text) {
  for (std::string_view mark :
       {"The Canonical String", "The String-to-Sign", "canonical string", "x-amz-security-token"}) {
    text = text.substr(0, text.find(mark));
  }
  return foreignText(text, maxServiceText);
}

std::optional<WallTime> parseHttpDate(std::string_view text) {
  // libcurl reads nearly anything as a date; an HTTP date has a letter first and ends in GMT (RFC 9110,
  // 5.6.7, the form that is sent).
  if (text.size() < 26 || text.size() > 64 || !text.ends_with("GMT")) return std::nullopt;
  const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  // 2^63 ns end in the year 2262.
  if (seconds < 0 || seconds > 9'000'000'000) return std::nullopt;
  return WallTime(Seconds(seconds));
}

Error parseErrorAnswer(const net::ResponseHead& head, std::string_view body, const Operation& operation,
                       std::string_view streamName) {
  const ServiceWords words = readWords(head, body);
  const Meaning meaning = meaningOf(words.exception, head.status, operation);
  Error error;
  error.code = meaning.code;
  error.kind = meaning.kind;
  error.requestId = printable(net::findHeader(head.headers, "x-amzn-RequestId"));
  error.httpStatus = head.status;
  error.exception = words.exception;
  error.serverDate = parseHttpDate(net::findHeader(head.headers, "date"));
  error.retryAfter = retryAfterOf(net::findHeader(head.headers, "retry-after"), error.serverDate);
  if (isOfAnotherServer(error, operation)) {
    error.kind = ErrorKind::retryable;
    error.strange = true;
  }
  error.message = sentence(error, words, operation, streamName, adviceFor(words.text, meaning.advice));
  return error;
}

Error describeTransportError(Error error, const Operation& operation, std::string_view streamName) {
  if (error.code == StatusCode::unknown) error.code = operation.failure;
  if (error.code == StatusCode::operationTimedOut) error.code = StatusCode::serviceCallTimeout;
  error.message = ofStream(operation, streamName) + " failed: " + withoutSecrets(error.message);
  if (!error.message.ends_with('.')) error.message += '.';
  return error;
}

}  // namespace kvs::aws
