// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/iot.h"

#include <algorithm>
#include <array>

#include "aws/credentials/check.h"
#include "aws/credentials/json_credentials.h"
#include "aws/endpoint.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxName = 128;  // AWS IoT API: role alias, thing name

/// What may stand in a path as it is (AWS IoT API, CreateRoleAlias: [\w=,@-]+).
bool isRoleAlias(std::string_view text) {
  return !text.empty() && text.size() <= maxName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_=,@-").find(c) != std::string_view::npos;
  });
}

Result<std::string> baseUrl(const std::string& endpoint) {
  const std::string url = endpoint.find("://") == std::string::npos ? "https://" + endpoint : endpoint;
  if (!url.starts_with("https://"))
    return sourceMisused("iot-certificate's endpoint must use https, or be given without a scheme.");
  return checkServiceUrl(url, "iot-certificate's endpoint", false);
}

std::string plainText(const WipingString& text) {
  return {text.begin(), text.end()};
}

}  // namespace

Result<void> IotSource::check(const IotSettings& settings) {
  const std::array<std::pair<const char*, const std::string*>, 5> needed{
      {{"endpoint", &settings.endpoint},
       {"cert-path", &settings.certificatePath},
       {"key-path", &settings.keyPath},
       {"ca-path", &settings.authorityPath},
       {"role-aliases", &settings.roleAlias}}};
  for (const auto& [key, value] : needed) {
    if (value->empty())
      return sourceMisused(std::string("iot-certificate has no ") + key +
                           "; it needs endpoint, cert-path, key-path, ca-path and role-aliases.");
  }
  if (!isRoleAlias(settings.roleAlias))
    return sourceMisused("iot-certificate's role-aliases is not the name of a role alias.");
  if (!isPlainText(settings.thingName, maxName))
    return sourceMisused("iot-certificate's iot-thing-name must have 1 to 128 characters.");
  return baseUrl(settings.endpoint).map([](const std::string&) {});
}

void IotSource::begin() {
  if (auto good = check(settings_); !good) return finish(fail(good.error()));
  readPem(settings_.certificatePath, "CERTIFICATE", [this](const WipingString& certificate) {
    identity_.certificate = plainText(certificate);
    readPem(settings_.keyPath, "PRIVATE KEY", [this](const WipingString& key) {
      identity_.key = Secret(key);
      readPem(settings_.authorityPath, "CERTIFICATE", [this](const WipingString& authorities) {
        identity_.authorities = plainText(authorities);
        askForCredentials();
      });
    });
  });
}

void IotSource::readPem(const std::string& path, std::string_view kind,
                        std::function<void(WipingString)> next) {
  const auto check = [this, path, kind = std::string(kind), next = std::move(next)](WipingString text) {
    if (std::string_view(text).find(kind + "-----") != std::string_view::npos) return next(std::move(text));
    finish(sourceMisused("The AWS IoT certificate provided no credentials: " + path +
                         " is not a PEM file with a " + kind +
                         "; check that cert-path, key-path and ca-path name the right files."));
  };
  readFile(path, check);
}

void IotSource::askForCredentials() {
  net::Request request;
  request.method = "GET";
  request.url = *baseUrl(settings_.endpoint) + "/role-aliases/" + settings_.roleAlias + "/credentials";
  request.headers = {{"x-amzn-iot-thingname", settings_.thingName}};
  request.identity = std::make_shared<const net::TlsIdentity>(std::exchange(identity_, {}));
  request.connectTimeout = settings_.connectionTimeout;
  request.totalTimeout = settings_.connectionTimeout + settings_.completionTimeout;
  ask(std::move(request), [this](const Answer& answer) { take(answer); });
}

void IotSource::take(const Answer& answer) {
  if (answer.head.status == 200) return finish(parseJsonCredentials(answer.body, iotNames, name()));
  // Guide, "'Invalid thing name passed' error when using IoT authorization".
  if (answer.body.find("Invalid thing name passed") != WipingString::npos) {
    return finish(fail(refusedBy(name(), answer,
                                 "No thing of this name has this certificate: set stream-name or "
                                 "iot-thing-name to the name of the certificate's thing.")));
  }
  finish(fail(refusedBy(name(), answer,
                        "Check that the certificate is active, that its policy allows "
                        "iot:AssumeRoleWithCertificate on the role alias, and that iot-thing-name (the "
                        "stream's name if it is not set) names a thing that has this certificate.")));
}

}  // namespace kvs::aws
