// SPDX-License-Identifier: Apache-2.0
// Where uploading says what happens: news for the application, statistics, and lines for the operator's log.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/news.h"
#include "base/time.h"

namespace kvs::upload {

/// No lock held.
class Reports {
 public:
  explicit Reports(Logger logger) : log(std::move(logger)) {}
  virtual ~Reports() = default;

  virtual void report(News news) = 0;
  /// Something that the user should know.
  void warn(const Error& error) { report(news::Warning{error}); }
  /// The same from any thread, and even when the stream has gone.
  virtual std::function<void(const Error&)> warner() const = 0;
  /// What went wrong last, for the statistics.
  virtual void noteError(const Error& error) = 0;
  virtual void credentialsTaken(const CredentialsTaken& taken) = 0;
  virtual void located(const std::string& endpoint) = 0;
  /// A fragment was confirmed, so long after its first frame.
  virtual void confirmed(Nanoseconds delay) = 0;
  /// Once, where the loop is so late that acknowledgements, and what is sent, are late.
  virtual void watchLoop() = 0;
  /// Where the buffer, which holds so much media, begins to be full, or to empty again.
  virtual void reportPressure(Nanoseconds buffered) = 0;
  /// Reports what was noted under the stream's lock.
  virtual void reportNoted() = 0;

  const Logger log;
};

}  // namespace kvs::upload
