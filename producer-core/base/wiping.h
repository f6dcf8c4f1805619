// SPDX-License-Identifier: Apache-2.0
// A string that wipes what it allocates when it lets go of it, also when it grows: for texts from
// outside that hold a secret somewhere (a credential file, an answer) until it is taken out of them.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <new>
#include <string>

namespace kvs {

template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class Other>
  explicit(false) WipingAllocator(const WipingAllocator<Other>&) noexcept {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept {
    OPENSSL_cleanse(memory, count * sizeof(T));
    ::operator delete(memory);
  }
  bool operator==(const WipingAllocator&) const noexcept { return true; }
};

using WipingString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace kvs
