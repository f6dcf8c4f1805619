// SPDX-License-Identifier: Apache-2.0
// How fragments that are lost are counted and reported. Under the stream's lock.
#pragma once

#include "base/news.h"
#include "base/stats.h"
#include "stream/stream_buffer.h"

namespace kvs::upload {

FragmentLost lossOf(const store::Fragment& fragment, FragmentLost::Reason reason, bool unconfirmed);

/// A fragment was dropped.
void noteLoss(stream::StreamBuffer& buffer, const store::Loss& loss);

LossCount& lossCountOf(StreamStats& stats, store::LossReason reason);

}  // namespace kvs::upload
