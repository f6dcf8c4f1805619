// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/imds.h"

#include <algorithm>

#include "aws/credentials/check.h"
#include "aws/credentials/json_credentials.h"
#include "aws/url.h"

namespace kvs::aws {
namespace {

constexpr Milliseconds patience{1000};
constexpr int attempts = 2;
constexpr const char* tokenLifetime = "21600";  // seconds, the longest
constexpr std::size_t maxToken = 4096;
constexpr std::size_t maxRole = 128;
constexpr const char* rolePath = "/latest/meta-data/iam/security-credentials/";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// A role's name (IAM: [\w+=,.@-]+) as it can stand in a path.
bool isRole(std::string_view text) {
  return !text.empty() && text.size() <= maxRole && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  });
}

bool isTrouble(int status) {
  return status >= 500 || status == 408 || status == 429;
}

}  // namespace

Result<std::string> ImdsSource::findService() const {
  const Environment& environment = tools().environment;
  if (lower(environment("AWS_EC2_METADATA_DISABLED").value_or("")) == "true")
    return notConfigured("AWS_EC2_METADATA_DISABLED is true");
  const bool ipv6 = lower(environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("")) == "ipv6";
  const std::string url = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                              .value_or(ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  const auto parts = parseUrl(url);
  if (!parts || !parts->user.empty() || !parts->query.empty() ||
      (parts->scheme != "http" && parts->scheme != "https")) {
    return sourceMisused("AWS_EC2_METADATA_SERVICE_ENDPOINT is not an address like http://169.254.169.254.");
  }
  return parts->scheme + "://" + parts->authority();
}

void ImdsSource::begin() {
  token_.wipe();
  const auto service = findService();
  if (!service) return finish(fail(service.error()));
  service_ = *service;
  call("PUT", "/latest/api/token", &ImdsSource::takeToken);
}

void ImdsSource::call(std::string method, const std::string& path, Next next) {
  attempt(method, path, next, attempts);
}

void ImdsSource::attempt(const std::string& method, const std::string& path, Next next, int attemptsLeft) {
  net::Request request;
  request.method = method;
  request.url = service_ + path;
  request.connectTimeout = patience;
  request.totalTimeout = patience;
  if (token_.empty()) {
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", tokenLifetime}};
  } else {
    request.carry(token_);
    request.headers = {{"x-aws-ec2-metadata-token", std::string(token_.reveal())}};
  }
  const auto again = [this, method, path, next, attemptsLeft] {
    attempt(method, path, next, attemptsLeft - 1);
  };
  ask(
      std::move(request),
      [this, next, again, attemptsLeft](const Answer& answer) {
        if (isTrouble(answer.head.status) && attemptsLeft > 1) return again();
        (this->*next)(answer);
      },
      [this, again, attemptsLeft](const Error& error) {
        if (attemptsLeft > 1) return again();
        nobodyThere(error);
      });
}

void ImdsSource::nobodyThere(const Error& error) {
  if (token_.empty()) return absent("no metadata service answers at " + service_);
  finish(fail(error));
}

void ImdsSource::absent(std::string why) {
  if (worked_) return finish(sourceFailed("The EC2 instance metadata provided no credentials: " + why + "."));
  finish(notConfigured(std::move(why)));
}

void ImdsSource::takeToken(const Answer& answer) {
  if (isTrouble(answer.head.status)) return finish(fail(refusedBy(name(), answer, "It is asked again.")));
  if (answer.head.status != 200 || !isPlainText(answer.body, maxToken)) {
    return absent("the server at " + service_ + " gives no token of version 2 (HTTP " +
                  std::to_string(answer.head.status) + ")");
  }
  token_ = Secret(answer.body);
  call("GET", rolePath, &ImdsSource::takeRole);
}

void ImdsSource::takeRole(const Answer& answer) {
  if (answer.head.status == 404) return absent("the instance has no role");
  if (answer.head.status != 200) return finish(fail(refusedBy(name(), answer, "It is asked again.")));
  const std::string_view text = answer.body;
  const std::string_view role = text.substr(0, text.find_first_of("\r\n"));
  if (!isRole(role)) return finish(sourceFailed("EC2 instance metadata named no valid role."));
  call("GET", rolePath + std::string(role), &ImdsSource::takeCredentials);
}

void ImdsSource::takeCredentials(const Answer& answer) {
  if (answer.head.status != 200) return finish(fail(refusedBy(name(), answer, "Check the instance's role.")));
  auto credentials = parseJsonCredentials(answer.body, endpointNames, name());
  if (credentials) worked_ = true;
  finish(std::move(credentials));
}

}  // namespace kvs::aws
