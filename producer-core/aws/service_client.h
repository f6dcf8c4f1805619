// SPDX-License-Identifier: Apache-2.0
// A client of one service of AWS: it holds credentials, sends signed requests, and makes one Error of every
// failure. What is asked, and what the answers mean, is for those who use it (ControlPlane, the upload's
// session). It retries nothing: whether to is decided by the error's kind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/call.h"
#include "aws/credentials/credentials.h"
#include "aws/http_call.h"
#include "aws/operation.h"
#include "aws/service.h"
#include "aws/streamed_call.h"
#include "base/error.h"
#include "base/news.h"

namespace kvs::aws {

/// A call with a JSON body whose whole answer is wanted.
struct ServiceCall {
  Operation operation;
  std::string about;  ///< the stream's name, for errors; empty where it is about none
  std::string body;
  std::string endpoint{};  ///< scheme://host[:port]; empty: the control plane
};

/// A request that is a stream in one direction or in both: `request` has everything but what all requests of
/// the service have (user agent, time-out, signature).
struct StreamedRequest {
  Operation operation;
  std::string about;
  net::Request request;
};

/// Owned by a shared_ptr; lives and is used on the loop. Each client holds credentials of its own, since one
/// may still use those that another has found refused.
class ServiceClient final : public std::enable_shared_from_this<ServiceClient> {
 public:
  /// The credentials that replaced others; nothing where they are the same as before.
  using Taken = std::optional<CredentialsTaken>;
  template <class T>
  using Callback = std::function<void(Result<T>)>;
  /// The body of an answer, from anyone: what is no answer is an Error.
  template <class T>
  using Parse = std::function<Result<T>(std::string_view body)>;

  explicit ServiceClient(std::shared_ptr<Service> service) : service_(std::move(service)) {}

  const Service& service() const { return *service_; }

  /// Asks the source for credentials, once the endpoint is known: for the first time or, where they were
  /// refused or are old, for others. On the loop, once, perhaps before it returns; never after the client is
  /// destroyed. Where it fails, those that are held stay.
  void fetchCredentials(Callback<Taken> then);
  /// Takes over what was changed, or fetched in the background, without asking anybody.
  Taken takeUpCredentials();
  /// Needs a fetch that succeeded, as do call() and open().
  const Credentials& credentials() const { return *credentials_; }
  /// Whether credentials are held that have not expired.
  bool hasGoodCredentials() const;

  /// Calls as soon as the rate gate allows. `then` hears the answer or the error (as parseErrorAnswer() makes
  /// it, or of ErrorKind::clock where a refusal moved the clock) on the loop, once, never from inside this
  /// function. Destroying the handle cancels the call; destroying the client does not.
  template <class T>
  [[nodiscard]] CallHandle call(ServiceCall what, Parse<T> parse, Callback<T> then) const {
    return callWhole(std::move(what), [parse = std::move(parse), then = std::move(then)](
                                          const Result<Answer>& answer) { then(parsed(answer, parse)); });
  }

  /// Opens a request at once. `listener` must outlive the call.
  [[nodiscard]] std::unique_ptr<StreamedCall> open(StreamedRequest what,
                                                   StreamedCallListener& listener) const;

 private:
  template <class T>
  static Result<T> parsed(const Result<Answer>& answer, const Parse<T>& parse) {
    if (!answer) return fail(answer.error());
    return parse(answer->body).map_error([&](Error error) {
      return withOrigin(std::move(error), answer->head);
    });
  }
  static Error withOrigin(Error error, const net::ResponseHead& head);

  CallHandle callWhole(ServiceCall what, std::function<void(Result<Answer>)> then) const;
  net::Request signedLater(net::Request request) const;
  Taken take(Credentials credentials);

  const std::shared_ptr<Service> service_;
  std::optional<Credentials> credentials_;
};

}  // namespace kvs::aws
