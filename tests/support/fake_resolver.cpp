// SPDX-License-Identifier: Apache-2.0
// A getaddrinfo() for LD_PRELOAD: names that end in ".test" are answered as the test says, all others by the
// C library. tests/support/resolver.py speaks to it from inside the process.
#include <dlfcn.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view hangs = "hang";
constexpr std::chrono::seconds longestHang{60};

/// Answers by name; never destroyed, since libcurl's resolver threads may outlive main().
struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::string, std::less<>> known;

  static Answers& get() {
    static auto* answers = new Answers;  // NOLINT(cppcoreguidelines-owning-memory): see above
    return *answers;
  }

  void set(const char* name, const char* answer) {
    const std::lock_guard lock(mutex);
    known[name] = answer;
    changed.notify_all();
  }

  /// The address; empty where there is none. Waits while the name hangs.
  std::string find(std::string_view name) {
    std::unique_lock lock(mutex);
    const auto answer = [&] {
      const auto found = known.find(name);
      return found == known.end() ? std::string() : found->second;
    };
    changed.wait_for(lock, longestHang, [&] { return answer() != hangs; });
    return answer() == hangs ? std::string() : answer();
  }
};

}  // namespace

/// `answer`: an address, "" (the name is not known) or "hang" (no answer until this is called again).
extern "C" __attribute__((visibility("default"))) void fakeResolverAnswer(const char* name,
                                                                          const char* answer) {
  Answers::get().set(name, answer);
}

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node, const char* service,
                                                                  const addrinfo* hints, addrinfo** result) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));  // NOLINT: POSIX's own way
  if (node == nullptr || !std::string_view(node).ends_with(".test"))
    return real(node, service, hints, result);
  const std::string address = Answers::get().find(node);
  return address.empty() ? EAI_NONAME : real(address.c_str(), service, hints, result);
}
