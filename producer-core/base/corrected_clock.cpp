// SPDX-License-Identifier: Apache-2.0
#include "base/corrected_clock.h"

#include "base/immortal.h"

namespace kvs {

CorrectedClock& correctedSystemClock() {
  struct Slot {
    CorrectedClock clock{systemClock()};
  };
  static Immortal<Slot> slot;
  return slot->clock;
}

}  // namespace kvs
