// SPDX-License-Identifier: Apache-2.0
#include "store/fragment.h"

namespace kvslocal {

std::string fragmentNumberText(std::uint64_t counter) {
  constexpr std::size_t digits = 47;
  const std::string prefix = "91343852333181432392682062";
  const std::string tail = std::to_string(counter);
  return prefix + std::string(digits - prefix.size() - tail.size(), '0') + tail;
}

}  // namespace kvslocal
