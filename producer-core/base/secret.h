// SPDX-License-Identifier: Apache-2.0
// A string that wipes itself and cannot be printed. It can be compared, and revealed by name, so that
// every place that takes a secret out can be found by searching for reveal().
#pragma once

#include <memory>
#include <string_view>

namespace kvs {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);

  bool empty() const { return !bytes_; }
  std::string_view reveal() const;
  bool operator==(const Secret& other) const { return reveal() == other.reveal(); }

  /// Empties the secret. Its bytes, which its copies share, are overwritten when the last of them goes.
  void wipe() noexcept { bytes_.reset(); }

  /// It leaves this process: whoever gets it may repeat it. From now on, and for as long as anybody holds it
  /// or a copy, it is taken out of what comes from outside (redaction.h). Any thread.
  void sent() const;

 private:
  class Bytes;
  std::shared_ptr<Bytes> bytes_;  // null: empty
};

}  // namespace kvs
