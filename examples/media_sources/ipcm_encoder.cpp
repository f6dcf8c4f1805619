// SPDX-License-Identifier: Apache-2.0
#include "ipcm_encoder.h"

#include <bit>

namespace example {

namespace {

constexpr unsigned referencePictureSet = 3 << 5;  // nal_ref_idc: others refer to it
constexpr unsigned pictureSlice = referencePictureSet | 1, keySlice = referencePictureSet | 5;
constexpr unsigned sequenceSet = referencePictureSet | 7, pictureSet = referencePictureSet | 8;
constexpr std::byte middle{128};

/// The bits of one NAL unit.
class Bits {
 public:
  void put(std::uint32_t value, unsigned count) {
    while (count-- > 0) {
      if (free_ == 0) {
        bytes_.push_back(std::byte{0});
        free_ = 8;
      }
      --free_;
      bytes_.back() |= static_cast<std::byte>((value >> count & 1) << free_);
    }
  }
  /// ue(v), 9.1: the value plus one, behind as many zeros as it has bits beyond the first.
  void putUnsigned(std::uint32_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value + 1));
    put(0, width - 1);
    put(value + 1, width);
  }
  void alignWithZeros() { free_ = 0; }
  void putByte(std::byte byte) { bytes_.push_back(byte); }
  /// rbsp_trailing_bits
  void end() {
    put(1, 1);
    alignWithZeros();
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
  unsigned free_ = 0;  // bits of the last byte
};

/// Start code, header, and the bytes with emulation prevention (7.4.1).
void append(std::vector<std::byte>& out, unsigned header, const Bits& bits) {
  for (const unsigned byte : {0u, 0u, 0u, 1u, header})
    out.push_back(static_cast<std::byte>(byte));
  unsigned zeros = 0;
  for (const std::byte byte : bits.bytes()) {
    if (zeros == 2 && std::to_integer<unsigned>(byte) <= 3) {
      out.push_back(std::byte{3});
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
  }
}

void putMacroblock(Bits& bits, const std::vector<std::uint8_t>& luma, unsigned type) {
  bits.putUnsigned(type);
  bits.alignWithZeros();
  for (const std::uint8_t pixel : luma)
    bits.putByte(static_cast<std::byte>(pixel));
  for (unsigned i = 0; i < 128; ++i)  // both planes of colour
    bits.putByte(middle);
}

}  // namespace

std::vector<std::uint8_t> Picture::macroblock(unsigned column, unsigned row) const {
  std::vector<std::uint8_t> pixels;
  pixels.reserve(256);
  for (unsigned y = row * 16; y < row * 16 + 16; ++y) {
    for (unsigned x = column * 16; x < column * 16 + 16; ++x)
      pixels.push_back(at(x, y));
  }
  return pixels;
}

std::vector<std::byte> IpcmEncoder::encode(const Picture& picture, bool key) {
  const bool asKey = key || !begun_;
  begun_ = true;
  frameNumber_ = asKey ? 0 : (frameNumber_ + 1) % 16;
  if (asKey) keyNumber_ = (keyNumber_ + 1) % 2;  // neighbours must differ
  std::vector<std::byte> unit;
  if (asKey) unit = parameterSets();
  const std::vector<std::byte> coded = slice(picture, asKey);
  unit.insert(unit.end(), coded.begin(), coded.end());
  shown_ = picture;
  return unit;
}

/// 7.3.2.1.1 and 7.3.2.2
std::vector<std::byte> IpcmEncoder::parameterSets() const {
  Bits sequence;
  sequence.put(66, 8);                 // profile_idc: baseline
  sequence.put(0xC0, 8);               // constrained baseline
  sequence.put(40, 8);                 // level_idc
  sequence.putUnsigned(0);             // seq_parameter_set_id
  sequence.putUnsigned(0);             // log2_max_frame_num_minus4
  sequence.putUnsigned(2);             // pic_order_cnt_type: shown in the order of decoding
  sequence.putUnsigned(1);             // max_num_ref_frames
  sequence.put(0, 1);                  // gaps_in_frame_num_value_allowed_flag
  sequence.putUnsigned(columns_ - 1);  // pic_width_in_mbs_minus1
  sequence.putUnsigned(rows_ - 1);     // pic_height_in_map_units_minus1
  sequence.put(1, 1);                  // frame_mbs_only_flag
  sequence.put(1, 1);                  // direct_8x8_inference_flag
  sequence.put(0, 2);                  // no cropping, no VUI
  sequence.end();
  Bits pictures;
  pictures.putUnsigned(0);     // pic_parameter_set_id
  pictures.putUnsigned(0);     // seq_parameter_set_id
  pictures.put(0, 2);          // CAVLC, no field pictures
  pictures.putUnsigned(0);     // num_slice_groups_minus1
  pictures.putUnsigned(0);     // num_ref_idx_l0_default_active_minus1
  pictures.putUnsigned(0);     // num_ref_idx_l1_default_active_minus1
  pictures.put(0, 3);          // no weighted prediction
  for (int i = 0; i < 3; ++i)  // pic_init_qp_minus26, pic_init_qs_minus26, chroma_qp_index_offset: se(0)
    pictures.putUnsigned(0);
  pictures.put(0b100, 3);  // deblocking_filter_control_present_flag alone
  pictures.end();
  std::vector<std::byte> out;
  append(out, sequenceSet, sequence);
  append(out, pictureSet, pictures);
  return out;
}

/// 7.3.3 and 7.3.4
std::vector<std::byte> IpcmEncoder::slice(const Picture& picture, bool key) const {
  Bits bits;
  bits.putUnsigned(0);                    // first_mb_in_slice
  bits.putUnsigned(key ? 7 : 5);          // slice_type: I or P, as all of the picture
  bits.putUnsigned(0);                    // pic_parameter_set_id
  bits.put(frameNumber_, 4);              // frame_num
  if (key) bits.putUnsigned(keyNumber_);  // idr_pic_id
  if (!key) bits.put(0, 2);               // default list of references, in its order
  bits.put(0, key ? 2 : 1);               // the usual marking of references
  bits.putUnsigned(0);                    // slice_qp_delta: se(0)
  bits.putUnsigned(1);                    // disable_deblocking_filter_idc: off
  constexpr unsigned ipcmInKey = 25, ipcmInOther = 30;
  unsigned skipped = 0;
  for (unsigned row = 0; row < rows_; ++row) {
    for (unsigned column = 0; column < columns_; ++column) {
      const auto pixels = picture.macroblock(column, row);
      if (!key && pixels == shown_.macroblock(column, row)) {
        ++skipped;
        continue;
      }
      if (!key) bits.putUnsigned(skipped);
      skipped = 0;
      putMacroblock(bits, pixels, key ? ipcmInKey : ipcmInOther);
    }
  }
  if (skipped > 0) bits.putUnsigned(skipped);
  bits.end();
  std::vector<std::byte> out;
  append(out, key ? keySlice : pictureSlice, bits);
  return out;
}

}  // namespace example
