// SPDX-License-Identifier: Apache-2.0
// Credentials from the file that `credential-path` names (guide, kvssink, "Credential file"). It is read at
// each use, so that what its owner writes is taken up; it is never written.
#pragma once

#include "aws/credentials/source.h"

namespace kvs::aws {

/// Reads "CREDENTIALS KEY SECRET" or "CREDENTIALS KEY EXPIRATION SECRET TOKEN", words parted by blanks.
/// Errors, which repeat nothing of the text, are fatal: where it is neither, and (invalidTokenExpiration)
/// where it expires within expiryGrace of `now`.
Result<Credentials> parseCredentialFile(std::string_view text, const std::string& path, WallTime now);

class FileSource final : public Source {
 public:
  /// Where the file need not exist, one that does not is a source that is not set up.
  FileSource(SourceTools tools, std::string path, bool mustExist)
      : Source(std::move(tools)), path_(std::move(path)), mustExist_(mustExist) {}
  std::string_view name() const override { return "credential file"; }

 private:
  void begin() override;

  void take(const WipingString& text);

  const std::string path_;
  const bool mustExist_;
};

}  // namespace kvs::aws
