// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint_finder.h"

#include <utility>

#include "aws/credentials/profile.h"

namespace kvs::aws {
namespace {

std::optional<bool> flagOf(const ProfileSection& section, const char* name) {
  const auto at = section.find(name);
  return at == section.end() ? std::nullopt : std::optional(isTrue(at->second.reveal()));
}

}  // namespace

EndpointVariant variantOf(const ProfileSection& profile) {
  return {flagOf(profile, "use_dualstack_endpoint"), flagOf(profile, "use_fips_endpoint")};
}

EndpointVariant variantInConfig(std::string_view text, const std::string& profile) {
  auto sections = parseIni(text, "config");
  if (!sections) return {};
  const auto profiles = profilesOfConfig(std::move(*sections));
  const auto at = profiles.find(profile);
  return at == profiles.end() ? EndpointVariant() : variantOf(at->second);
}

bool EndpointFinder::isNeeded(const EndpointOptions& options, const Environment& environment) {
  const EndpointVariant said = options.variant.elseBy(variantIn(environment));
  return !isEndpointNamed(options, environment) && !(said.dualStack && said.fips);
}

void EndpointFinder::find(Then then) {
  if (!found_) return then();
  waiting_.push_back(std::move(then));
  if (waiting_.size() > 1) return;
  const std::string path = configPath(environment_);
  if (path.empty()) return take({});
  call_ = files_->read(path, [weak = weak_from_this()](Result<WipingString> text) {
    // A file that is not there says nothing; what else is wrong with it, the credentials' sources tell.
    if (const auto self = weak.lock()) self->take(text ? std::string_view(*text) : std::string_view());
  });
}

void EndpointFinder::take(std::string_view text) {
  const auto keep = std::move(call_);
  const EndpointVariant inFile = variantInConfig(text, profileName(environment_).text);
  options_.variant = options_.variant.elseBy(variantIn(environment_)).elseBy(inFile);
  const auto found = std::exchange(found_, nullptr);
  if (auto endpoint = controlEndpoint(options_, environment_)) found(std::move(*endpoint));
  for (const Then& then : std::exchange(waiting_, {}))
    then();
}

}  // namespace kvs::aws
