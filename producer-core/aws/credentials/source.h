// SPDX-License-Identifier: Apache-2.0
// A provider that needs files, programs or the network: it does one step after another, and all of a
// step's failures end the fetch. Inside the room only.
#pragma once

#include <string>

#include "aws/credentials/provider.h"
#include "aws/credentials/tools.h"
#include "aws/http_call.h"

namespace kvs::aws {

/// Lives and is used on the loop; is asked again only after it has answered (CredentialCache sees to both).
/// Destroying it ends the step under way, and no callback comes.
class Source : public CredentialProvider {
 public:
  explicit Source(SourceTools tools) : tools_(std::move(tools)) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void fetch(Callback callback) final;

 protected:
  const SourceTools& tools() const { return tools_; }

  /// The first step.
  virtual void begin() = 0;

  /// Reads a file that must be there: one that is not is a source that fails, not one that is not set up.
  void readFile(const std::string& path, std::function<void(WipingString)> next);
  /// `next` gets an empty text where there is no such file.
  void readFileIfThere(const std::string& path, std::function<void(WipingString)> next);
  void runProgram(std::vector<std::string> words, std::function<void(WipingString)> next);
  /// `next` hears any answer, whatever its status.
  void ask(net::Request request, std::function<void(Answer)> next);
  /// The same, and what to do when there is none.
  void ask(net::Request request, std::function<void(Answer)> next, std::function<void(Error)> otherwise);

  /// The error of a step, told as this source's: what went wrong, and what to do about it.
  Error toldAsOurs(Error error, std::string_view advice = {}) const;

  /// The last step. The callback may destroy this object: nothing of it may be touched afterwards.
  void finish(Result<Credentials> result);

 private:
  const SourceTools tools_;
  Callback callback_;
  CallHandle call_;
};

/// The error of an answer other than 200. Trouble of the server is retryable; a refusal is fatal (and
/// becomes retryable where this source has worked before: CredentialCache). `advice` says what to check.
Error refusedBy(std::string_view source, const Answer& answer, std::string_view advice);

}  // namespace kvs::aws
