// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/source.h"

#include <nlohmann/json.hpp>

#include "aws/credentials/check.h"
#include "aws/json_text.h"
#include "aws/service_error.h"
#include "base/redaction.h"

namespace kvs::aws {
namespace {

/// Credentials with the longest session tokens are under 5 KiB.
constexpr std::size_t maxAnswer = 64 * 1024;
constexpr std::string_view checkThePath = "; check the path, and that this process may read it";

bool isTemporary(int status) {
  return status >= 500 || status == 408 || status == 429 || (status >= 300 && status < 400);
}

/// What a JSON error says, if it says anything.
std::string messageIn(std::string_view body) {
  nlohmann::json json;
  if (!parseJsonObject(body, json)) return {};
  std::string text = textField(json, "message");
  if (text.empty()) text = textField(json, "Message");
  return cleanServiceText(text);
}

}  // namespace

void Source::fetch(Callback callback) {
  callback_ = std::move(callback);
  begin();
}

void Source::readFile(const std::string& path, std::function<void(WipingString)> next) {
  call_ = tools_.files->read(path, [this, next = std::move(next)](Result<WipingString> text) {
    const auto keep = std::move(call_);
    if (text) return next(std::move(*text));
    Error error = toldAsOurs(text.error(), checkThePath);
    if (error.kind == ErrorKind::notFound) error.kind = ErrorKind::retryable;
    finish(fail(std::move(error)));
  });
}

void Source::readFileIfThere(const std::string& path, std::function<void(WipingString)> next) {
  call_ = tools_.files->read(path, [this, next = std::move(next)](Result<WipingString> text) {
    const auto keep = std::move(call_);
    if (text) return next(std::move(*text));
    if (text.error().kind == ErrorKind::notFound) return next({});
    finish(fail(toldAsOurs(text.error(), checkThePath)));
  });
}

void Source::runProgram(std::vector<std::string> words, std::function<void(WipingString)> next) {
  call_ = tools_.programs->run(std::move(words), [this, next = std::move(next)](Result<WipingString> output) {
    const auto keep = std::move(call_);
    if (output) return next(std::move(*output));
    finish(fail(toldAsOurs(output.error())));
  });
}

void Source::ask(net::Request request, std::function<void(Answer)> next) {
  ask(std::move(request), std::move(next), [this](const Error& error) { finish(fail(error)); });
}

void Source::ask(net::Request request, std::function<void(Answer)> next,
                 std::function<void(Error)> otherwise) {
  if (!tools_.userAgent.empty()) request.headers.push_back({"user-agent", tools_.userAgent});
  call_ = startCall(*tools_.transport, std::move(request), maxAnswer,
                    [this, next = std::move(next), otherwise = std::move(otherwise)](Result<Answer> answer) {
                      const auto keep = std::move(call_);
                      if (answer) return next(std::move(*answer));
                      Error error = toldAsOurs(answer.error());
                      error.code = StatusCode::clientAuthFailed;
                      otherwise(std::move(error));
                    });
}

Error Source::toldAsOurs(Error error, std::string_view advice) const {
  error.message = "The " + std::string(name()) + " provided no credentials: " + withoutSecrets(error.message);
  error.message += advice;
  if (!error.message.ends_with('.')) error.message += '.';
  return error;
}

void Source::finish(Result<Credentials> result) {
  const Callback callback = std::move(callback_);
  call_.reset();
  callback(std::move(result));
}

Error refusedBy(std::string_view source, const Answer& answer, std::string_view advice) {
  Error error;
  error.code = StatusCode::clientAuthFailed;
  error.kind = isTemporary(answer.head.status) ? ErrorKind::retryable : ErrorKind::fatal;
  error.httpStatus = answer.head.status;
  error.message = "The " + std::string(source) + " provided no credentials, but HTTP " +
                  std::to_string(answer.head.status);
  const std::string said = messageIn(answer.body);
  if (!said.empty()) error.message += ": \"" + said + "\"";
  error.message += ". ";
  error.message += advice;
  return error;
}

}  // namespace kvs::aws
