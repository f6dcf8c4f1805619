// SPDX-License-Identifier: Apache-2.0
// Texts and bytes that wipe what they allocate when they let go of it, also when they grow: for what comes
// from outside and holds a secret somewhere (a credential file, an answer) until it is taken out.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <new>
#include <string>
#include <vector>

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
using WipingBytes = std::vector<std::byte, WipingAllocator<std::byte>>;

}  // namespace kvs
