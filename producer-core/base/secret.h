// SPDX-License-Identifier: Apache-2.0
// A string that wipes itself and cannot be printed. It can be compared, and revealed by name, so that
// every place that takes a secret out can be found by searching for reveal().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvs {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      bytes_ = other.bytes_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_.swap(other.bytes_);
    }
    return *this;
  }
  ~Secret() { wipe(); }

  bool empty() const { return bytes_.empty(); }
  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  bool operator==(const Secret&) const = default;

  /// Overwrites the bytes and empties the secret.
  void wipe() noexcept;

 private:
  std::vector<char> bytes_;  // a vector: no small-string copy is left behind by a move
};

}  // namespace kvs
