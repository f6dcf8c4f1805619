// SPDX-License-Identifier: Apache-2.0
#include "aws/service_client.h"

#include <utility>

#include "aws/gated_call.h"
#include "aws/learn_time.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"

namespace kvs::aws {
namespace {

/// Longest answer taken as a whole; the service's own are under 2 KiB.
constexpr std::size_t maxAnswerSize = 1 << 20;

/// What is told of a call when its answer comes.
struct Asked {
  std::shared_ptr<const Service> service;
  Operation operation;
  std::string about;
  std::string doubt;  // to stand behind the error of a call that reached nobody
};

Result<Answer> accepted(Result<Answer> answer, const Asked& asked) {
  if (!answer) {
    Error error = describeTransportError(std::move(answer.error()), asked.operation, asked.about);
    if (!asked.doubt.empty()) error.message += " " + asked.doubt;
    return fail(std::move(error));
  }
  const int status = answer->head.status;
  if (status >= 200 && status <= 299) return answer;
  Error error = parseErrorAnswer(answer->head, answer->body, asked.operation, asked.about);
  return fail(learnTimeIfRefused(std::move(error), *asked.service->clock));
}

bool areSame(const Credentials& a, const Credentials& b) {
  return a.accessKey == b.accessKey && a.source == b.source && a.passedOver == b.passedOver &&
         a.expiration == b.expiration;
}

}  // namespace

// --- credentials ---

void ServiceClient::fetchCredentials(Callback<Taken> then) {
  const auto ask = [weak = weak_from_this(), then = std::move(then)] {
    const auto self = weak.lock();
    if (!self) return;
    const auto answered = [weak, then](Result<Credentials> fetched) {
      const auto client = weak.lock();
      if (!client) return;
      if (!fetched)
        return then(fail(learnTimeIfRefused(std::move(fetched.error()), *client->service_->clock)));
      then(client->take(std::move(*fetched)));
    };
    CredentialProvider& source = *self->service_->credentials;
    if (self->credentials_) return source.refresh(*self->credentials_, answered);
    source.fetch(answered);
  };
  if (!service_->finder) return ask();
  service_->finder->find(ask);
}

ServiceClient::Taken ServiceClient::takeUpCredentials() {
  auto fresh = service_->credentials->atHand();
  return fresh && *fresh ? take(std::move(**fresh)) : std::nullopt;
}

ServiceClient::Taken ServiceClient::take(Credentials credentials) {
  const auto former = std::exchange(credentials_, std::move(credentials));
  if (former && areSame(*former, *credentials_)) return std::nullopt;
  return CredentialsTaken{credentials_->source, credentials_->passedOver, former.has_value(),
                          credentials_->expiration};
}

bool ServiceClient::hasGoodCredentials() const {
  if (!credentials_) return false;
  return !credentials_->expiration || *credentials_->expiration > service_->clock->wallNow();
}

// --- requests ---

CallHandle ServiceClient::callWhole(ServiceCall what, std::function<void(Result<Answer>)> then) const {
  net::Request request;
  request.url = what.endpoint.empty() ? service_->endpoint.url : std::move(what.endpoint);
  request.url.append("/").append(what.operation.name);
  request.headers = {{"content-type", "application/json"}};
  request.body = std::move(what.body);
  request.totalTimeout = service_->completionTimeout;
  request = signedLater(std::move(request));
  Asked asked{service_, what.operation, std::move(what.about), service_->endpoint.doubt};
  const auto finish = [asked = std::move(asked), then = std::move(then)](Result<Answer> answer) {
    then(accepted(std::move(answer), asked));
  };
  return callThroughGate(service_, [service = service_, request = std::move(request), finish] {
    return startCall(*service->transport, request, maxAnswerSize, finish);
  });
}

std::unique_ptr<StreamedCall> ServiceClient::open(StreamedRequest what,
                                                  StreamedCallListener& listener) const {
  return std::make_unique<StreamedCall>(service_, what.operation, std::move(what.about),
                                        signedLater(std::move(what.request)), listener);
}

/// A body that is pulled is not known when the request is signed, so it counts as none.
net::Request ServiceClient::signedLater(net::Request request) const {
  if (!service_->userAgent.empty()) request.headers.push_back({"user-agent", service_->userAgent});
  request.connectTimeout = service_->connectTimeout;
  request.prepare = [credentials = *credentials_,
                     scope = SigningScope{service_->endpoint.region, service_->name},
                     clock = service_->clock](net::Request& unsent) {
    const std::string hash = unsent.source ? std::string(emptyPayloadHash) : sha256Hex(unsent.body);
    return sign(unsent, credentials, scope, clock->wallNow(), hash);
  };
  return request;
}

Error ServiceClient::withOrigin(Error error, const net::ResponseHead& head) {
  error.httpStatus = head.status;
  error.requestId = net::findHeader(head.headers, "x-amzn-RequestId");
  return error;
}

}  // namespace kvs::aws
