// SPDX-License-Identifier: Apache-2.0
// How far uploading has got: what sessions have sent and heard, and where the stream's life stands. Its owner
// guards it by the stream's lock.
#pragma once

#include "base/stats.h"
#include "base/time.h"
#include "upload/life_state.h"
#include "upload/sent_media.h"

namespace kvs::upload {

struct UploadState {
  SentMedia sent;
  SessionCounts sessions;
  State life = State::configuring;
  unsigned attempt = 0;      ///< failures in a row since the last persisted fragment
  TimePoint lastProgress{};  ///< when a session was opened, or the service last said anything of a fragment
};

}  // namespace kvs::upload
