// SPDX-License-Identifier: Apache-2.0
#include "service/trace.h"

#include <algorithm>
#include <string_view>

#include "base/files.h"

namespace kvslocal {

std::optional<std::int64_t> stampOf(const BlockTail& tail) {
  constexpr std::string_view magic = "KVSSTAMP";
  if (tail.payloadBytes < tail.lastBytes.size()) return std::nullopt;
  if (!std::equal(magic.begin(), magic.end(), tail.lastBytes.begin())) return std::nullopt;
  std::uint64_t stamp = 0;
  for (std::size_t i = tail.lastBytes.size(); i-- > magic.size();)
    stamp = stamp << 8 | tail.lastBytes[i];
  return static_cast<std::int64_t>(stamp);
}

Result<std::unique_ptr<Trace>> Trace::open(const std::string& path) {
  auto trace = std::make_unique<Trace>();
  trace->file_.reset(std::fopen(path.c_str(), "we"));
  if (!trace->file_) return failure(fileError("open", path));
  std::setvbuf(trace->file_.get(), nullptr, _IOFBF, 1 << 16);
  std::fputs("stream,track,time_ms,bytes,arrival_ns,delay_ns\n", trace->file_.get());
  return trace;
}

void Trace::line(const std::string& stream, const BlockSeen& block, MonoTime arrival) {
  const auto arrivalNs = std::chrono::nanoseconds(arrival.time_since_epoch()).count();
  const auto stamp = stampOf(block.tail);
  const std::string delay = stamp ? std::to_string(arrivalNs - *stamp) : std::string();
  std::fprintf(file_.get(), "%s,%llu,%lld,%llu,%lld,%s\n", stream.c_str(),
               static_cast<unsigned long long>(block.track),
               static_cast<long long>(std::chrono::floor<std::chrono::milliseconds>(block.time).count()),
               static_cast<unsigned long long>(block.tail.payloadBytes), static_cast<long long>(arrivalNs),
               delay.c_str());
}

void Trace::flush() {
  std::fflush(file_.get());
}

}  // namespace kvslocal
