// SPDX-License-Identifier: Apache-2.0
// An object that is made at first use and never destroyed. The loop's thread may still run while the
// process's static destructors do, so nothing that it can reach may have one.
#pragma once

#include <cstddef>
#include <new>

namespace kvs {

template <class T>
class Immortal {
 public:
  Immortal() : object_(::new (static_cast<void*>(room_)) T()) {}
  Immortal(const Immortal&) = delete;
  Immortal& operator=(const Immortal&) = delete;

  T& operator*() { return *object_; }
  T* operator->() { return object_; }

 private:
  alignas(T) std::byte room_[sizeof(T)];
  T* object_;
};

}  // namespace kvs
