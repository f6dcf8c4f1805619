// SPDX-License-Identifier: Apache-2.0
// The CA certificates that HTTPS trusts: loaded once for all connections, since each load of a
// distribution's bundle costs 21 ms of CPU and 0.83 MB.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace kvs::net {

struct X509StoreFree {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using X509StorePtr = std::unique_ptr<X509_STORE, X509StoreFree>;

/// The first of the distributions' usual CA bundles that can be read; empty when there is none.
std::string defaultCaFile();

/// Where they are. What is in any of the places is trusted, and nothing else.
struct CaPlaces {
  std::vector<std::string> paths;  ///< of PEM files and folders; none: the distribution's bundle
  std::string name{};              ///< which setting or variable named them, for the error
};

/// Loads PEM files of up to 16 MiB, and folders; of a folder every such file in it is read now, whatever
/// its name, of 10,000 entries at most. Blocks: for the worker. Fatal error where no place has a certificate;
/// retryable where there is no descriptor left to look with.
Result<X509StorePtr> loadCaStore(const CaPlaces& places);
/// The same for one place; empty: the distribution's bundle.
Result<X509StorePtr> loadCaStore(const std::string& path);

}  // namespace kvs::net
