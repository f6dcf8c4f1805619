// SPDX-License-Identifier: Apache-2.0
#include "fake_dns.h"

#include <dlfcn.h>
#include <netdb.h>

#include <string_view>

#include "await.h"
#include "base/immortal.h"

namespace kvs::net::test {

FakeDns& FakeDns::get() {
  static Immortal<FakeDns> dns;
  return *dns;
}

void FakeDns::restart() {
  const std::lock_guard lock(mutex_);
  lookups_.clear();
  released_ = false;
}

void FakeDns::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

bool FakeDns::waitForHanging(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return hanging_ == count; });
}

bool FakeDns::waitForQuiet() {
  return waitForHanging(0);
}

int FakeDns::hanging() {
  const std::lock_guard lock(mutex_);
  return hanging_;
}

int FakeDns::lookups(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return lookups_[name];
}

bool FakeDns::resolve(const std::string& name) {
  std::unique_lock lock(mutex_);
  ++lookups_[name];
  if (name.starts_with("nowhere")) return false;
  if (!name.starts_with("hang")) return true;
  ++hanging_;
  changed_.notify_all();
  changed_.wait_for(lock, 2 * kPatience, [&] { return released_; });
  --hanging_;
  changed_.notify_all();
  return true;
}

}  // namespace kvs::net::test

// libcurl finds this one before the C library's.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));  // NOLINT: POSIX's own way
  if (!node || !std::string_view(node).ends_with(".test")) return real(node, service, hints, result);
  if (!kvs::net::test::FakeDns::get().resolve(node)) return EAI_NONAME;
  return real("127.0.0.1", service, hints, result);
}
