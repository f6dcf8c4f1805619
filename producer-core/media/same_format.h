// SPDX-License-Identifier: Apache-2.0
// Whether a decoder that one configuration record set up can go on with pictures of another.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "media/track.h"

namespace kvs::media {

/// True where pictures of `next` need no header of their own behind one with `header`: size, cropping,
/// aspect ratio, interlacing, profile, chroma format, bit depths and reorder depth are the same, the level is
/// not higher, and of the sets of `next` those that do not travel with the pictures (`outOfBand`) stand in
/// `header` just so. False for codecs that have no parameter sets, and for records that cannot be read.
bool isSameFormat(Codec codec, ByteView header, ByteView next, const std::vector<Bytes>& outOfBand);

}  // namespace kvs::media
