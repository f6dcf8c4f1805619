// SPDX-License-Identifier: Apache-2.0
#include "aws/control_plane.h"

#include <utility>

#include "aws/service_error.h"
#include "aws/sigv4.h"

namespace kvs::aws {
namespace {

/// Longest answer taken; the service's own are under 2 KiB.
constexpr std::size_t maxAnswerSize = 1 << 20;

struct Answer {
  net::ResponseHead head;
  std::string body;
};

/// One exchange: collects the answer, tells it once, then is quiet. Owned by the caller of the call.
class AnswerCollector final : public Call, private net::ExchangeListener {
 public:
  using Finish = std::function<void(Result<Answer>)>;

  AnswerCollector(net::Transport& transport, net::Request request, Finish finish)
      : finish_(std::move(finish)), exchange_(transport.start(std::move(request), *this)) {}

 private:
  void onHead(const net::ResponseHead& head) override { answer_.head = head; }

  void onData(ByteView data) override {
    if (data.size() > maxAnswerSize - answer_.body.size()) {
      return finish(fail(StatusCode::unknown, ErrorKind::retryable, "the answer is longer than 1 MiB."));
    }
    answer_.body += asText(data);
  }

  void onEnd(Result<void> result) override {
    if (!result) return finish(fail(result.error()));
    finish(std::move(answer_));
  }

  /// The callback may destroy this object: nothing of it is touched afterwards.
  void finish(Result<Answer> answer) {
    const Finish callback = std::move(finish_);
    exchange_.reset();
    callback(std::move(answer));
  }

  Answer answer_;
  Finish finish_;
  std::unique_ptr<net::Exchange> exchange_;
};

/// What is the same in every call of one operation.
template <class T>
struct Plan {
  Operation operation;
  std::string stream;  // for the error's text
  std::function<Result<T>(std::string_view body)> parse;
};

template <class T>
Result<T> evaluate(const Plan<T>& plan, const Result<Answer>& answer) {
  if (!answer) return fail(describeTransportError(answer.error(), plan.operation, plan.stream));
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
AnswerCollector::Finish finishWith(Plan<T> plan, ControlPlane::Callback<T> callback) {
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

ControlPlane::CallHandle ControlPlane::describeStream(std::string_view streamName, Credentials credentials,
                                                      Callback<StreamDescription> callback) {
  constexpr auto operation = Operation::describeStream;
  Plan<StreamDescription> plan{operation, std::string(streamName), parseDescribeStream};
  return std::make_unique<AnswerCollector>(
      transport_,
      makeRequest(options_, operation, describeStreamBody(streamName), std::move(credentials), clock_),
      finishWith(std::move(plan), std::move(callback)));
}

ControlPlane::CallHandle ControlPlane::createStream(const CreateStreamInput& input, Credentials credentials,
                                                    Callback<std::string> callback) {
  constexpr auto operation = Operation::createStream;
  Plan<std::string> plan{operation, input.name, parseCreateStream};
  return std::make_unique<AnswerCollector>(
      transport_, makeRequest(options_, operation, createStreamBody(input), std::move(credentials), clock_),
      finishWith(std::move(plan), std::move(callback)));
}

ControlPlane::CallHandle ControlPlane::tagStream(std::string_view streamArn, const Tags& tags,
                                                 Credentials credentials, Callback<void> callback) {
  constexpr auto operation = Operation::tagStream;
  Plan<void> plan{operation, std::string(streamArn), [](std::string_view) { return Result<void>(); }};
  return std::make_unique<AnswerCollector>(
      transport_,
      makeRequest(options_, operation, tagStreamBody(streamArn, tags), std::move(credentials), clock_),
      finishWith(std::move(plan), std::move(callback)));
}

ControlPlane::CallHandle ControlPlane::getDataEndpoint(std::string_view streamName, Credentials credentials,
                                                       Callback<std::string> callback) {
  constexpr auto operation = Operation::getDataEndpoint;
  const auto parse = [allowInsecure = options_.allowInsecure](std::string_view body) {
    return parseGetDataEndpoint(body, allowInsecure);
  };
  Plan<std::string> plan{operation, std::string(streamName), parse};
  return std::make_unique<AnswerCollector>(
      transport_,
      makeRequest(options_, operation, getDataEndpointBody(streamName), std::move(credentials), clock_),
      finishWith(std::move(plan), std::move(callback)));
}

}  // namespace kvs::aws
