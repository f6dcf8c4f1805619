// SPDX-License-Identifier: Apache-2.0
// Parameter sets and slices of H.264 and H.265, written field by field: so a test can give them the ids, the
// bytes and the kinds that it needs. A decoder would not take the slices.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace kvs::test {

/// Bits in the order written; emulation prevention comes in at the end.
class NalWriter {
 public:
  NalWriter& bits(std::uint64_t value, unsigned count) {
    while (count-- > 0)
      bit((value >> count & 1) != 0);
    return *this;
  }
  NalWriter& flag(bool value) { return bits(value ? 1 : 0, 1); }
  NalWriter& ue(std::uint64_t value) {
    unsigned size = 0;
    while ((value + 1) >> (size + 1) != 0)
      ++size;
    bits(0, size);
    return bits(value + 1, size + 1);
  }
  /// With rbsp_trailing_bits.
  Bytes done() {
    bit(true);
    while (used_ != 0)
      bit(false);
    Bytes out;
    unsigned zeros = 0;
    for (const std::byte byte : bytes_) {
      if (zeros >= 2 && byte <= std::byte{3}) {
        out.push_back(std::byte{3});
        zeros = 0;
      }
      zeros = byte == std::byte{0} ? zeros + 1 : 0;
      out.push_back(byte);
    }
    return out;
  }

 private:
  void bit(bool one) {
    if (used_ == 0) bytes_.emplace_back();
    if (one) bytes_.back() |= static_cast<std::byte>(0x80 >> used_);
    used_ = (used_ + 1) % 8;
  }
  Bytes bytes_;
  unsigned used_ = 0;
};

// --- H.264 ---

struct SpsOf264 {
  unsigned id = 0;
  unsigned profile = 77, level = 30;
  unsigned widthMbs = 20, heightMbs = 15;
  unsigned cropRight = 0;  ///< in units of two pixels
  unsigned orderType = 2;  ///< 2: nothing is reordered
  bool frameMbsOnly = true;
  bool vui = false;
  std::array<unsigned, 2> aspect{};  ///< of the VUI, where not 0
  unsigned bitRate = 0;              ///< of the VUI's HRD, where not 0
  unsigned reorder = 0;              ///< of the VUI's bitstream restriction, where orderType is 0
};

inline Bytes spsOf264(const SpsOf264& sps) {
  NalWriter out;
  out.bits(0x67, 8).bits(sps.profile, 8).bits(0, 8).bits(sps.level, 8).ue(sps.id);
  if (sps.profile >= 100) out.ue(1).ue(0).ue(0).flag(false).flag(false);
  out.ue(0).ue(sps.orderType);
  if (sps.orderType == 0) out.ue(2);
  out.ue(1).flag(false).ue(sps.widthMbs - 1).ue(sps.heightMbs - 1).flag(sps.frameMbsOnly);
  if (!sps.frameMbsOnly) out.flag(false);
  out.flag(true).flag(sps.cropRight != 0);
  if (sps.cropRight != 0) out.ue(0).ue(sps.cropRight).ue(0).ue(0);
  out.flag(sps.vui);
  if (!sps.vui) return out.done();
  out.flag(sps.aspect[0] != 0);
  if (sps.aspect[0] != 0) out.bits(255, 8).bits(sps.aspect[0], 16).bits(sps.aspect[1], 16);
  out.bits(0, 3).flag(true).bits(1, 32).bits(50, 32).flag(true);
  out.flag(sps.bitRate != 0);
  if (sps.bitRate != 0) {
    out.ue(0).bits(0x11, 8).ue(sps.bitRate).ue(sps.bitRate).flag(false).bits(0xFFFFF, 20);
  }
  out.flag(false);
  if (sps.bitRate != 0) out.flag(false);
  out.flag(true).flag(sps.orderType == 0);
  if (sps.orderType == 0) out.flag(true).ue(0).ue(0).ue(10).ue(10).ue(sps.reorder).ue(4);
  return out.done();
}

/// `variant` makes other bytes of the same meaning to us.
inline Bytes ppsOf264(unsigned id = 0, unsigned sps = 0, unsigned variant = 0) {
  return NalWriter().bits(0x68, 8).ue(id).ue(sps).flag(true).ue(variant).done();
}

enum class SliceOf { p = 5, b = 6, i = 7, sp = 8, si = 9 };

/// A slice of one picture; `firstMb`: 0 for the first. Types from 5 on are those of all of the picture's.
inline Bytes sliceOf264(SliceOf kind, bool idr = false, unsigned pps = 0, unsigned firstMb = 0) {
  return NalWriter()
      .bits(idr ? 0x65 : 0x41, 8)
      .ue(firstMb)
      .ue(static_cast<unsigned>(kind))
      .ue(pps)
      .bits(0x5A5A5A, 24)
      .done();
}

inline Bytes recoveryPointOf264() {
  return NalWriter().bits(0x06, 8).bits(6, 8).bits(1, 8).bits(0xC4, 8).done();
}

// --- H.265 ---

struct SpsOf265 {
  unsigned id = 0, vps = 0;
  unsigned profile = 1, level = 93;
  unsigned width = 320, height = 240;
  unsigned reorder = 0;
  bool vui = false;
  std::array<unsigned, 2> aspect{};
  bool fields = false;
  unsigned ticks = 0;  ///< of the VUI's timing, where not 0
};

inline Bytes vpsOf265(unsigned id = 0, unsigned variant = 0) {
  return NalWriter().bits(0x4001, 16).bits(id, 4).bits(0xC, 4).bits(0x01FFFF, 24).ue(variant).done();
}

inline Bytes spsOf265(const SpsOf265& sps) {
  NalWriter out;
  out.bits(0x4201, 16).bits(sps.vps, 4).bits(0, 3).flag(true);
  out.bits(sps.profile, 8).bits(0x60000000, 32).bits(0x9000'0000'0000, 48).bits(sps.level, 8);
  out.ue(sps.id).ue(1).ue(sps.width).ue(sps.height).flag(false).ue(0).ue(0);
  out.ue(4).flag(true).ue(4).ue(sps.reorder).ue(0);
  out.ue(0).ue(3).ue(0).ue(3).ue(0).ue(0);  // coding tree blocks of 64
  out.bits(0, 4).ue(2);                     // two sets of reference pictures, the second from the first
  out.ue(1).ue(0).ue(0).flag(true);
  out.flag(true).flag(false).ue(0).flag(true).flag(false).flag(true);
  out.bits(0, 3).flag(sps.vui);
  if (sps.vui) {
    out.flag(sps.aspect[0] != 0);
    if (sps.aspect[0] != 0) out.bits(255, 8).bits(sps.aspect[0], 16).bits(sps.aspect[1], 16);
    out.bits(0, 4).flag(sps.fields).flag(false).flag(false);
    out.flag(sps.ticks != 0);
    if (sps.ticks != 0) out.bits(sps.ticks, 32).bits(25 * sps.ticks, 32).flag(false).flag(false);
    out.flag(false);
  }
  return out.flag(false).done();
}

struct PpsOf265 {
  unsigned id = 0, sps = 0, variant = 0;
  bool dependentSegments = false;
  unsigned extraBits = 0;
};

inline Bytes ppsOf265(const PpsOf265& pps = {}) {
  return NalWriter()
      .bits(0x4401, 16)
      .ue(pps.id)
      .ue(pps.sps)
      .flag(pps.dependentSegments)
      .flag(false)
      .bits(pps.extraBits, 3)
      .ue(pps.variant)
      .done();
}

struct SliceOf265 {
  unsigned nalType = 1;  ///< 1: no random access point
  unsigned kind = 1;     ///< 0 B, 1 P, 2 I
  unsigned pps = 0;
  unsigned extraBits = 0;
  unsigned address = 0;    ///< of 20 coding tree blocks; not 0: not the first segment
  bool mayDepend = false;  ///< the PPS allows dependent segments
  bool dependent = false;
};

inline Bytes sliceOf265(const SliceOf265& slice) {
  NalWriter out;
  out.bits(slice.nalType << 1, 8).bits(1, 8).flag(slice.address == 0);
  if (slice.nalType >= 16) out.flag(false);
  out.ue(slice.pps);
  if (slice.address != 0) {
    if (slice.mayDepend) out.flag(slice.dependent);
    out.bits(slice.address, 5);
  }
  if (!slice.dependent) out.bits(0, slice.extraBits).ue(slice.kind);
  return out.bits(0x5A5A5A, 24).done();
}

/// recovery_poc_cnt 0, exact_match_flag 1, broken_link_flag 0.
inline Bytes recoveryPointOf265() {
  return NalWriter().bits(0x4E01, 16).bits(6, 8).bits(1, 8).bits(0xD0, 8).done();
}

}  // namespace kvs::test
