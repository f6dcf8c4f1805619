// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/profile_file.h"

#include <algorithm>

#include "aws/credentials/check.h"
#include "aws/credentials/programs.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxSettings = 4096;
constexpr std::size_t maxName = 256;
constexpr std::string_view defaults = "DEFAULT";  // as the AWS CLI's own parser has it
constexpr std::string_view blanks = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool isSectionName(std::string_view text) {
  std::string name(text.substr(0, maxName + 1));
  std::replace(name.begin(), name.end(), '\t', ' ');
  return isPlainText(name, maxName);
}

std::size_t indentOf(std::string_view line) {
  return std::min(line.find_first_not_of(blanks), line.size());
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

class IniReader {
 public:
  explicit IniReader(const std::string& path) : path_(path) {}

  Result<ProfileSections> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
      ++line_;
      if (auto good = take(text.substr(0, end)); !good) return fail(good.error());
      const std::size_t lineEnd = text.substr(end).starts_with("\r\n") ? 2 : 1;
      text.remove_prefix(std::min(end + lineEnd, text.size()));
    }
    spreadDefaults();
    return std::move(sections_);
  }

 private:
  tl::unexpected<Error> wrong(const char* why) const {
    return sourceMisused(path_ + ", line " + std::to_string(line_) + ": " + why + ". Correct the file.");
  }

  Result<void> take(std::string_view line) {
    const std::string_view content = trimmed(line);
    if (content.empty()) return {};
    if (content.front() == '#' || content.front() == ';') return {};
    const std::size_t indent = indentOf(line);
    if (setting_ != nullptr && indent > settingIndent_) return takeContinuation(content);
    settingIndent_ = indent;
    setting_ = nullptr;
    return content.front() == '[' ? takeSection(content) : takeSetting(content);
  }

  Result<void> takeSection(std::string_view content) {
    const std::size_t end = content.rfind(']');
    if (end == std::string_view::npos || end == 1) return wrong("a section's name must end in ]");
    const std::string_view name = content.substr(1, end - 1);
    if (!isSectionName(name)) return wrong("a section's name is too long or has control characters");
    const auto [at, fresh] = sections_.try_emplace(std::string(name));
    if (!fresh && name != defaults) return wrong("this section occurs twice");
    section_ = &at->second;
    return {};
  }

  Result<void> takeSetting(std::string_view content) {
    if (section_ == nullptr) return wrong("there is a setting before the first section");
    const std::size_t sign = content.find_first_of("=:");
    if (sign == std::string_view::npos || sign == 0) return wrong("it is neither a section nor a setting");
    if (++settings_ > maxSettings) return wrong("there are more than 4096 settings");
    const auto [at, fresh] = section_->try_emplace(lower(trimmed(content.substr(0, sign))));
    if (!fresh) return wrong("this setting occurs twice");
    at->second = Secret(trimmed(content.substr(sign + 1)));
    setting_ = &at->second;
    isBlock_ = at->second.empty();
    return {};
  }

  /// The lines of a block are not ours; those of any other value belong to it.
  Result<void> takeContinuation(std::string_view content) {
    if (isBlock_) return content.find('=') == content.npos ? wrong("it is not a setting") : Result<void>();
    WipingString longer(setting_->reveal());
    longer.append("\n").append(content);
    *setting_ = Secret(longer);
    return {};
  }

  /// What [DEFAULT] says counts in each section that does not say it; a profile it is not.
  void spreadDefaults() {
    const auto common = sections_.extract(std::string(defaults));
    if (common.empty()) return;
    for (auto& [name, section] : sections_)
      section.insert(common.mapped().begin(), common.mapped().end());
  }

  const std::string& path_;
  std::size_t line_ = 0;
  std::size_t settings_ = 0;
  ProfileSections sections_;
  ProfileSection* section_ = nullptr;
  Secret* setting_ = nullptr;
  std::size_t settingIndent_ = 0;
  bool isBlock_ = false;
};

}  // namespace

Result<ProfileSections> parseIni(std::string_view text, const std::string& path) {
  return IniReader(path).read(text);
}

std::map<std::string, ProfileSection> profilesOfConfig(ProfileSections sections) {
  std::map<std::string, ProfileSection> profiles;
  for (auto& [name, section] : sections) {
    if (name == "default") profiles.try_emplace(name, section);
    if (!name.starts_with("profile")) continue;
    const auto words = splitCommand(name);
    if (words && words->size() == 2) profiles[(*words)[1]] = std::move(section);
  }
  return profiles;
}

}  // namespace kvs::aws
