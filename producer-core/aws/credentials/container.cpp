// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/container.h"

#include <algorithm>
#include <array>

#include "aws/credentials/check.h"
#include "aws/credentials/json_credentials.h"
#include "aws/endpoint.h"
#include "aws/url.h"

namespace kvs::aws {
namespace {

constexpr std::array<std::string_view, 3> agents{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
constexpr std::size_t maxToken = 64 * 1024;

bool isLocalHost(std::string_view host) {
  return isLoopback(host) || std::find(agents.begin(), agents.end(), host) != agents.end();
}

std::string_view withoutLineEnd(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> ContainerSource::url() const {
  const auto relative = tools().environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = tools().environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) {
    return notConfigured(
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
  }
  if (relative && !relative->starts_with('/'))
    return sourceMisused("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash.");
  const std::string text = relative ? "http://169.254.170.2" + *relative : *full;
  const auto parts = parseUrl(text);
  if (!parts || !parts->user.empty() || (parts->scheme != "http" && parts->scheme != "https")) {
    return sourceMisused(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an http or https address without a user.");
  }
  if (parts->scheme == "http" && !isLocalHost(parts->host)) {
    return sourceMisused("AWS_CONTAINER_CREDENTIALS_FULL_URI uses plain http to " + parts->host +
                         ", which is only allowed for this machine and the container agent.");
  }
  return text;
}

void ContainerSource::begin() {
  const auto where = url();
  if (!where) return finish(fail(where.error()));
  if (const auto path = tools().environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    // Read each time: EKS writes a new one before the old one ends.
    return readFile(*path, [this, url = *where](const WipingString& token) {
      askForCredentials(url, Secret(withoutLineEnd(token)));
    });
  }
  askForCredentials(*where, Secret(tools().environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("")));
}

void ContainerSource::askForCredentials(const std::string& where, Secret token) {
  net::Request request;
  request.method = "GET";
  request.url = where;
  request.connectTimeout = Seconds(2);
  request.totalTimeout = Seconds(5);
  if (!token.empty()) {
    if (!isPlainText(token.reveal(), maxToken))
      return finish(
          sourceMisused("The container's authorization token contains a line break or is too long."));
    request.carry(token);
    request.headers.push_back({"authorization", std::string(token.reveal())});
  }
  ask(std::move(request), [this](const Answer& answer) {
    if (answer.head.status == 200) return finish(parseJsonCredentials(answer.body, endpointNames, name()));
    finish(
        fail(refusedBy(name(), answer, "Check the role of the task or pod, and the authorization token.")));
  });
}

}  // namespace kvs::aws
