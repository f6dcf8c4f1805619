// SPDX-License-Identifier: Apache-2.0
#include "aws/service_error.h"

#include <gtest/gtest.h>

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

net::ResponseHead head(int status, const std::string& exception = {}) {
  net::ResponseHead answer{status, {{"x-amzn-RequestId", "req-1"}}};
  if (!exception.empty()) answer.headers.push_back({"x-amzn-ErrorType", exception});
  return answer;
}

constexpr const Operation& describeStream = Operation::describeStream;
constexpr const Operation& createStream = Operation::createStream;
constexpr const Operation& tagStream = Operation::tagStream;
constexpr const Operation& getDataEndpoint = Operation::getDataEndpoint;
constexpr const Operation& putMedia = Operation::putMedia;

Error parsed(int status, const std::string& exception,
             const Operation& operation = Operation::describeStream) {
  return parseErrorAnswer(head(status, exception), "", operation, "cam");
}

TEST(ErrorAnswer, policyByAnswer) {
  struct Row {
    int status;
    const char* exception;
    Operation operation;
    ErrorKind kind;
    StatusCode code;
  };
  const Row rows[] = {
      {500, "", describeStream, ErrorKind::retryable, StatusCode::describeStreamFailed},
      {503, "ServiceUnavailableException", createStream, ErrorKind::retryable,
       StatusCode::createStreamFailed},
      {503, "", putMedia, ErrorKind::retryable, StatusCode::putMediaFailed},
      {504, "", getDataEndpoint, ErrorKind::retryable, StatusCode::serviceCallTimeout},
      {408, "", tagStream, ErrorKind::retryable, StatusCode::serviceCallTimeout},
      {429, "", describeStream, ErrorKind::throttled, StatusCode::clientLimit},
      {400, "ClientLimitExceededException", describeStream, ErrorKind::throttled, StatusCode::clientLimit},
      {400, "ConnectionLimitExceededException", putMedia, ErrorKind::throttled, StatusCode::clientLimit},
      {400, "ThrottlingException", describeStream, ErrorKind::throttled, StatusCode::clientLimit},
      {400, "InvalidArgumentException", createStream, ErrorKind::fatal, StatusCode::serviceInvalidArg},
      {400, "AccountStreamLimitExceededException", createStream, ErrorKind::fatal, StatusCode::streamLimit},
      {400, "TagsPerResourceExceededLimitException", tagStream, ErrorKind::fatal, StatusCode::maxTagCount},
      {400, "ResourceInUseException", createStream, ErrorKind::retryable, StatusCode::resourceInUse},
      {400, "BrandNewException", createStream, ErrorKind::retryable, StatusCode::createStreamFailed},
      {401, "NotAuthorizedException", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "AccessDeniedException", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "InvalidSignatureException", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "SignatureDoesNotMatch", putMedia, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "UnrecognizedClientException", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "ExpiredTokenException", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {403, "", describeStream, ErrorKind::auth, StatusCode::notAuthorized},
      {404, "ResourceNotFoundException", describeStream, ErrorKind::notFound, StatusCode::resourceNotFound},
      {404, "ResourceNotFoundException", getDataEndpoint, ErrorKind::notFound, StatusCode::resourceNotFound},
      {404, "ResourceNotFoundException", putMedia, ErrorKind::endpointMoved, StatusCode::resourceNotFound},
      {404, "", putMedia, ErrorKind::endpointMoved, StatusCode::resourceNotFound},
      {400, "InvalidEndpointException", putMedia, ErrorKind::endpointMoved, StatusCode::putMediaFailed},
      {302, "", describeStream, ErrorKind::retryable, StatusCode::describeStreamFailed},
  };
  for (const Row& row : rows) {
    const Error error = parsed(row.status, row.exception, row.operation);
    EXPECT_EQ(error.kind, row.kind) << row.status << " " << row.exception;
    EXPECT_EQ(error.code, row.code) << row.status << " " << row.exception;
    EXPECT_EQ(error.httpStatus, row.status);
    EXPECT_EQ(error.exception, row.exception);
    EXPECT_EQ(error.requestId, "req-1");
  }
}

TEST(ErrorAnswer, aPageThatIsNotFoundSaysNothingOfAStream) {
  for (const auto operation : {describeStream, createStream, getDataEndpoint}) {
    const Error error = parseErrorAnswer({404, {}}, "<html>Not Found</html>", operation, "cam");
    EXPECT_EQ(error.kind, ErrorKind::retryable);
    EXPECT_TRUE(error.strange);
  }
}

TEST(ErrorAnswer, messageTellsWhatWhyAndWhatToDo) {
  const Error error =
      parseErrorAnswer(head(400, "AccountStreamLimitExceededException"),
                       R"({"Message":"10000 streams\nare enough."})", Operation::createStream, "cam");
  EXPECT_EQ(
      error.message,
      "createStream of stream 'cam' was refused with HTTP 400, AccountStreamLimitExceededException: \"10000 "
      "streams are enough.\" The account has reached its limit of streams: delete some, or ask AWS for a "
      "higher "
      "quota.");
}

TEST(ErrorAnswer, adviceOfTheGuideForTheServicesWords) {
  struct Row {
    const char* exception;
    const char* words;
    const char* advice;
  };
  const Row rows[] = {
      {"InvalidSignatureException", "Credential should be scoped to a valid region. ",
       "set AWS_DEFAULT_REGION"},
      {"UnrecognizedClientException", "The security token included in the request is invalid.",
       "session token"},
      {"ExpiredTokenException", "The security token included in the request is expired", "get new ones"},
      {"AccessDeniedException", "Unable to determine service/operation name to be authorized",
       "data-endpoint"},
      {"InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than",
       "clock is behind"},
      {"InvalidSignatureException", "Signature not yet current: 20260101T000000Z", "clock is ahead"},
  };
  for (const Row& row : rows) {
    const std::string body = std::string(R"({"message":")") + row.words + R"("})";
    const Error error = parseErrorAnswer(head(403, row.exception), body, Operation::describeStream, "cam");
    EXPECT_EQ(error.kind, ErrorKind::auth) << row.words;
    EXPECT_NE(error.message.find(row.advice), std::string::npos) << error.message;
  }
}

TEST(ErrorAnswer, exceptionNameInAllItsPlaces) {
  EXPECT_EQ(parsed(400, "InvalidArgumentException:http://internal.amazon.com/coral/").exception,
            "InvalidArgumentException");
  const Error fromBody =
      parseErrorAnswer(head(404), R"({"__type":"com.amazonaws.kv#ResourceNotFoundException","message":"no"})",
                       Operation::describeStream, "cam");
  EXPECT_EQ(fromBody.exception, "ResourceNotFoundException");
  EXPECT_EQ(fromBody.kind, ErrorKind::notFound);
  EXPECT_NE(fromBody.message.find("\"no\""), std::string::npos);
}

TEST(ErrorAnswer, answersThatAreNotTheServicesSaySo) {
  const Error error =
      parseErrorAnswer({502, {}}, "<html>Bad gateway</html>", Operation::describeStream, "cam");
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_NE(error.message.find("proxy"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("html"), std::string::npos) << error.message;
}

TEST(ErrorAnswer, theSessionTokenInASignatureErrorIsNotRepeated) {
  const std::string body =
      R"({"message":"The request signature we calculated does not match the signature you provided. Check your AWS )"
      R"(Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'POST\n)"
      R"(/describeStream\n\nx-amz-security-token:TOPSECRETTOKEN\n'"})";
  const Error error =
      parseErrorAnswer(head(403, "InvalidSignatureException"), body, Operation::describeStream, "cam");
  EXPECT_NE(error.message.find("does not match"), std::string::npos);
  EXPECT_EQ(error.message.find("Canonical"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("TOPSECRETTOKEN"), std::string::npos) << error.message;
}

TEST(ErrorAnswer, textsAreBoundedAndClean) {
  net::ResponseHead answer{400, {{"x-amzn-RequestId", "a\x01\xFF" + std::string(10000, 'b')}}};
  answer.headers.push_back({"x-amzn-ErrorType", std::string(10000, 'E')});
  std::string text;
  while (text.size() < 5000)
    text += "\xE2\x82\xAC";
  const Error error =
      parseErrorAnswer(answer, R"({"message":")" + text + R"(\u0007"})", Operation::describeStream, "cam");
  EXPECT_LT(error.message.size(), 1200U);
  EXPECT_LE(error.requestId.size(), 128U);
  EXPECT_EQ(error.requestId.substr(0, 2), "ab");
  EXPECT_LE(error.exception.size(), 128U);
  EXPECT_NE(error.message.find("\xAC\"."), std::string::npos) << "cut inside a character: " << error.message;
}

TEST(ErrorAnswer, retryAfterAndDate) {
  const auto errorWith = [](std::vector<net::Header> headers) {
    return parseErrorAnswer({503, std::move(headers)}, "", Operation::describeStream, "cam");
  };
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(errorWith({{"Date", date}}).serverDate, WallTime(784111777s));
  EXPECT_EQ(errorWith({{"Date", date}}).retryAfter, std::nullopt);
  EXPECT_EQ(errorWith({{"Retry-After", "120"}}).retryAfter, 120s);
  EXPECT_EQ(errorWith({{"Retry-After", "999999999999"}}).retryAfter, 24h);
  EXPECT_EQ(errorWith({{"Retry-After", "99999999999999999999999"}}).retryAfter, std::nullopt);
  EXPECT_EQ(errorWith({{"Retry-After", "-1"}}).retryAfter, std::nullopt);
  EXPECT_EQ(errorWith({{"Retry-After", "soon"}}).retryAfter, std::nullopt);
  const std::string later = "Sun, 06 Nov 1994 08:50:07 GMT";
  EXPECT_EQ(errorWith({{"Date", date}, {"Retry-After", later}}).retryAfter, 30s);
  EXPECT_EQ(errorWith({{"Date", later}, {"Retry-After", date}}).retryAfter, 0s);
  EXPECT_EQ(errorWith({{"Retry-After", later}}).retryAfter, std::nullopt);
}

TEST(HttpDate, nonsense) {
  for (const char* text : {"", "now", "20250101", "GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 9999 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"}) {
    EXPECT_EQ(parseHttpDate(text), std::nullopt) << text;
  }
}

TEST(TransportError, keepsItsKindAndNamesTheCall) {
  const Error timedOut = describeTransportError(
      {StatusCode::operationTimedOut, ErrorKind::retryable, "no answer in 10 s.", {}, 0, {}},
      Operation::describeStream, "cam");
  EXPECT_EQ(timedOut.code, StatusCode::serviceCallTimeout);
  EXPECT_EQ(timedOut.message, "describeStream of stream 'cam' failed: no answer in 10 s.");
  const Error other =
      describeTransportError({StatusCode::unknown, ErrorKind::cancelled, "check the network", {}, 0, {}},
                             Operation::putMedia, "cam");
  EXPECT_EQ(other.code, StatusCode::putMediaFailed);
  EXPECT_EQ(other.kind, ErrorKind::cancelled);
  EXPECT_TRUE(other.message.ends_with("check the network.")) << other.message;
}

}  // namespace
}  // namespace kvs::aws
