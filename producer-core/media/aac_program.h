// SPDX-License-Identifier: Apache-2.0
// program_config_element (ISO/IEC 14496-3, 4.5.1.2): which channels there are where no channel
// configuration of the table fits. Inside of the media room.
#pragma once

#include "media/bits.h"

namespace kvs::media {

/// Reads one, and writes it to `copy` where that is given, aligned anew; its channels, 0 where it is cut
/// short or has none.
unsigned readProgramConfig(BitReader& reader, BitWriter* copy = nullptr);

}  // namespace kvs::media
