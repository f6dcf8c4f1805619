// SPDX-License-Identifier: Apache-2.0
// A certificate authority made for one test run, and servers' certificates signed by it.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "net/transport.h"
#include "raw_server.h"

namespace kvs::net::test {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using TlsContext = std::unique_ptr<SSL_CTX, SslFree>;

class Authority {
 public:
  Authority();
  /// A server's context whose certificate names `altName` ("DNS:localhost", "IP:127.0.0.1").
  TlsContext server(const std::string& altName, int minVersion = TLS1_2_VERSION,
                    int maxVersion = TLS1_3_VERSION) const;
  void writePem(const std::filesystem::path& file) const;
  std::string pem() const;
  /// A client's certificate and key, that encrypted where there is a password.
  TlsIdentity client(const std::string& password = {}) const;
  /// Makes a server's context ask for a certificate of this authority.
  void demandFrom(SSL_CTX* context) const;

 private:
  std::string name_;
  Key key_;
  Certificate certificate_;
};

/// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace kvs::net::test
