// SPDX-License-Identifier: Apache-2.0
#include "net/ca_store.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <filesystem>

#include "net/start_error.h"

namespace kvs::net {

namespace {
namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFile = std::uintmax_t{16} << 20;  // distributions' bundles have a quarter MiB
constexpr int kMaxEntries = 10'000;

tl::unexpected<Error> noCertificates(const std::string& what) {
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              what +
                  ": install the ca-certificates package, or name a PEM file or folder in the property "
                  "ca-path or in KVSSINK_CA_CERT_PATH");
}

/// What was found where one looked.
struct Found {
  bool certificates = false;
  int lack = 0;  ///< errno's number, where there was no descriptor to look with

  void add(Found more) {
    certificates = certificates || more.certificates;
    if (more.lack != 0) lack = more.lack;
  }
};

int lackOfDescriptors(int error) {
  return isLackOfDescriptors(error) ? error : 0;
}

Found addFile(X509_STORE* store, const std::string& file) {
  std::error_code error;
  if (const auto size = fs::file_size(file, error); error || size > kMaxFile) return {};
  ERR_clear_error();
  if (X509_STORE_load_file(store, file.c_str()) == 1) return {.certificates = true};
  const unsigned long why = ERR_peek_error();
  ERR_clear_error();
  return {.lack = ERR_SYSTEM_ERROR(why) ? lackOfDescriptors(ERR_GET_REASON(why)) : 0};
}

Found addFolder(X509_STORE* store, const std::string& folder) {
  Found found;
  int looked = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (++looked > kMaxEntries) break;
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) found.add(addFile(store, entry->path().string()));
  }
  found.add({.lack = lackOfDescriptors(error.value())});
  return found;
}

Found addPlace(X509_STORE* store, const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? addFolder(store, path) : addFile(store, path);
}

std::string listOf(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths)
    list.append(list.empty() ? "" : ", ").append(path);
  return list;
}

std::string naming(const CaPlaces& places) {
  return places.name.empty() ? std::string() : " (" + places.name + ")";
}
}  // namespace

std::string defaultCaFile() {
  // Debian and Alpine, Fedora and RHEL, openSUSE, older RHEL, BSD's ports and Homebrew on Linux.
  for (const char* file :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (access(file, R_OK) == 0) return file;
  }
  return {};
}

Result<X509StorePtr> loadCaStore(const std::string& path) {
  return loadCaStore(path.empty() ? CaPlaces{} : CaPlaces{{path}});
}

Result<X509StorePtr> loadCaStore(const CaPlaces& places) {
  X509StorePtr store(X509_STORE_new());
  if (!store) return fail(StatusCode::notEnoughMemory, ErrorKind::retryable, "no memory for CA certificates");
  std::vector<std::string> paths = places.paths;
  if (paths.empty()) paths = {defaultCaFile()};
  if (paths.front().empty()) return noCertificates("no CA certificates were found on this machine");
  Found found;
  for (const std::string& path : paths)
    found.add(addPlace(store.get(), path));
  // A part of what is to be trusted is not trusted in its place: it is read again.
  if (found.lack != 0)
    return fail(StatusCode::notEnoughMemory, ErrorKind::retryable,
                "the CA certificates can't be read: " + limitOfDescriptors(found.lack));
  if (!found.certificates)
    return noCertificates("no CA certificate can be read from " + listOf(paths) + naming(places));
  // As libcurl does with a store of its own: a certificate that is listed is trusted, a root or not.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  return store;
}

}  // namespace kvs::net
