// SPDX-License-Identifier: Apache-2.0
#include "aws/control_plane.h"

#include <utility>

#include "aws/http_call.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"

namespace kvs::aws {
namespace {

/// Longest answer taken; the service's own are under 2 KiB.
constexpr std::size_t maxAnswerSize = 1 << 20;

/// What is the same in every call of one operation.
template <class T>
struct Plan {
  Operation operation;
  std::string stream;  // for the error's text
  std::string doubt;   // to stand behind the error of a call that reached nobody
  std::function<Result<T>(std::string_view body)> parse;
};

template <class T>
Result<T> evaluate(const Plan<T>& plan, const Result<Answer>& answer) {
  if (!answer) {
    Error error = describeTransportError(answer.error(), plan.operation, plan.stream);
    if (!plan.doubt.empty()) error.message += " " + plan.doubt;
    return fail(std::move(error));
  }
  if (answer->head.status < 200 || answer->head.status > 299) {
    return fail(parseErrorAnswer(answer->head, answer->body, plan.operation, plan.stream));
  }
  return plan.parse(answer->body).map_error([&](Error error) {
    error.httpStatus = answer->head.status;
    error.requestId = net::findHeader(answer->head.headers, "x-amzn-RequestId");
    return error;
  });
}

template <class T>
std::function<void(Result<Answer>)> finishWith(Plan<T> plan, ControlPlane::Callback<T> callback) {
  return [plan = std::move(plan), callback = std::move(callback)](const Result<Answer>& answer) {
    callback(evaluate(plan, answer));
  };
}

net::Request makeRequest(const ControlPlaneOptions& options, Operation operation, std::string body,
                         Credentials credentials, const Clock& clock) {
  net::Request request;
  request.url = options.endpoint.url + "/" + std::string(operationName(operation));
  request.headers = {{"content-type", "application/json"}};
  if (!options.userAgent.empty()) request.headers.push_back({"user-agent", options.userAgent});
  request.body = std::move(body);
  request.connectTimeout = options.connectTimeout;
  request.totalTimeout = options.completionTimeout;
  request.prepare = [credentials = std::move(credentials), scope = SigningScope{options.endpoint.region},
                     &clock](net::Request& unsent) {
    return sign(unsent, credentials, scope, clock.wallNow(), sha256Hex(unsent.body));
  };
  return request;
}

}  // namespace

CallHandle ControlPlane::describeStream(std::string_view streamName, Credentials credentials,
                                        Callback<StreamDescription> callback) {
  constexpr auto operation = Operation::describeStream;
  Plan<StreamDescription> plan{operation, std::string(streamName), options_.endpoint.doubt,
                               parseDescribeStream};
  return startCall(
      transport_,
      makeRequest(options_, operation, describeStreamBody(streamName), std::move(credentials), clock_),
      maxAnswerSize, finishWith(std::move(plan), std::move(callback)));
}

CallHandle ControlPlane::createStream(const CreateStreamInput& input, Credentials credentials,
                                      Callback<std::string> callback) {
  constexpr auto operation = Operation::createStream;
  Plan<std::string> plan{operation, input.name, options_.endpoint.doubt, parseCreateStream};
  return startCall(transport_,
                   makeRequest(options_, operation, createStreamBody(input), std::move(credentials), clock_),
                   maxAnswerSize, finishWith(std::move(plan), std::move(callback)));
}

CallHandle ControlPlane::tagStream(std::string_view streamArn, const Tags& tags, Credentials credentials,
                                   Callback<void> callback) {
  constexpr auto operation = Operation::tagStream;
  Plan<void> plan{operation, std::string(streamArn), options_.endpoint.doubt,
                  [](std::string_view) { return Result<void>(); }};
  return startCall(
      transport_,
      makeRequest(options_, operation, tagStreamBody(streamArn, tags), std::move(credentials), clock_),
      maxAnswerSize, finishWith(std::move(plan), std::move(callback)));
}

CallHandle ControlPlane::getDataEndpoint(std::string_view streamName, Credentials credentials,
                                         Callback<std::string> callback) {
  constexpr auto operation = Operation::getDataEndpoint;
  const auto parse = [allowInsecure = options_.allowInsecure](std::string_view body) {
    return parseGetDataEndpoint(body, allowInsecure);
  };
  Plan<std::string> plan{operation, std::string(streamName), options_.endpoint.doubt, parse};
  return startCall(
      transport_,
      makeRequest(options_, operation, getDataEndpointBody(streamName), std::move(credentials), clock_),
      maxAnswerSize, finishWith(std::move(plan), std::move(callback)));
}

}  // namespace kvs::aws
