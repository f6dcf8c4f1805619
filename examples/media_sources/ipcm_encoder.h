// SPDX-License-Identifier: Apache-2.0
// H.264 without an encoder: every macroblock is either sent as it is (I_PCM) or as it was (skipped). Valid
// baseline H.264 (ITU-T H.264, 7.3), large, and made of a few lines: for tests and trials where no encoder
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace example {

/// A grey picture of whole macroblocks, each of 16 x 16 pixels.
class Picture {
 public:
  Picture(unsigned columns, unsigned rows)
      : columns_(columns), rows_(rows), pixels_(std::size_t{columns} * rows * 256, 128) {}

  unsigned columns() const { return columns_; }
  unsigned rows() const { return rows_; }
  unsigned width() const { return columns_ * 16; }
  unsigned height() const { return rows_ * 16; }
  std::uint8_t& at(unsigned x, unsigned y) { return pixels_[std::size_t{y} * width() + x]; }
  std::uint8_t at(unsigned x, unsigned y) const { return pixels_[std::size_t{y} * width() + x]; }
  /// The 256 pixels of one macroblock, row by row.
  std::vector<std::uint8_t> macroblock(unsigned column, unsigned row) const;

 private:
  unsigned columns_;
  unsigned rows_;
  std::vector<std::uint8_t> pixels_;
};

/// One for each video; its access units are Annex-B, and each is one frame.
class IpcmEncoder {
 public:
  IpcmEncoder(unsigned columns, unsigned rows) : columns_(columns), rows_(rows), shown_(columns, rows) {}

  /// `key`: an IDR picture behind its parameter sets, which refers to nothing; the first one always is.
  std::vector<std::byte> encode(const Picture& picture, bool key);

 private:
  std::vector<std::byte> parameterSets() const;
  std::vector<std::byte> slice(const Picture& picture, bool key) const;

  unsigned columns_;
  unsigned rows_;
  Picture shown_;  // what a decoder shows now
  bool begun_ = false;
  unsigned frameNumber_ = 0;  // since the last key picture, modulo 16
  unsigned keyNumber_ = 0;
};

}  // namespace example
