// SPDX-License-Identifier: Apache-2.0
// ADTS frames for the tests, field by field (ISO/IEC 14496-3 1.A.2.2).
#pragma once

#include "media/bits.h"
#include "support.h"

namespace kvs::media::test {

struct AdtsFields {
  bool mpeg2 = false;
  bool crc = false;
  unsigned profile = 1;
  unsigned index = 4;
  unsigned channels = 2;
  unsigned blocks = 1;
  Bytes positions = {};
  Bytes sound = hex("DE02");
};

inline Bytes adts(const AdtsFields& fields) {
  const Bytes checks = fields.crc ? joined({fields.positions, hex("C0C0")}) : Bytes();
  BitWriter out;
  out.put(0xFFF, 12);
  out.put(fields.mpeg2 ? 1 : 0, 1);
  out.put(0, 2);
  out.put(fields.crc ? 0 : 1, 1);
  out.put(fields.profile, 2);
  out.put(fields.index, 4);
  out.put(0, 1);
  out.put(fields.channels, 3);
  out.put(0, 4);
  out.put(static_cast<std::uint32_t>(7 + checks.size() + fields.sound.size()), 13);
  out.put(0x7FF, 11);
  out.put(fields.blocks - 1, 2);
  return joined({out.take(), checks, fields.sound});
}

}  // namespace kvs::media::test
