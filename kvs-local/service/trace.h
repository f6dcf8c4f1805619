// SPDX-License-Identifier: Apache-2.0
// `--trace FILE`: one line a block with the time at which its last byte was read from the socket, for the
// latency benchmark. A payload that ends in "KVSSTAMP" and eight bytes of little-endian CLOCK_MONOTONIC ns is
// compared.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"
#include "service/ingest.h"

namespace kvslocal {

/// Nanoseconds of the stamp that a payload ends in; nothing without one.
std::optional<std::int64_t> stampOf(const BlockTail& tail);

class Trace {
 public:
  static Result<std::unique_ptr<Trace>> open(const std::string& path);
  void line(const std::string& stream, const BlockSeen& block, MonoTime arrival);
  void flush();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace kvslocal
