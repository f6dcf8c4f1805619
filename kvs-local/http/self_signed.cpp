// SPDX-License-Identifier: Apache-2.0
#include "http/self_signed.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>

#include "base/files.h"

namespace kvslocal {
namespace {

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
struct FreedBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, FreedBio>;

bool addExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key) {
  constexpr long tenYears = 10L * 365 * 24 * 3600;
  X509_set_version(certificate, 2);  // version 3
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), tenYears);
  const std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>> serial(BN_new());
  if (!serial || BN_rand(serial.get(), 120, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1) return false;
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate));
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>("kvs-local");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  return addExtension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         addExtension(certificate, NID_subject_key_identifier, "hash") &&
         addExtension(certificate, NID_ext_key_usage, "serverAuth") &&
         addExtension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

Bytes contents(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, data + length};
}

Result<void> make(const TlsFiles& files) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  const Bio keyText(BIO_new(BIO_s_mem()));
  const Bio certificateText(BIO_new(BIO_s_mem()));
  const bool good =
      key && certificate && keyText && certificateText && fill(certificate.get(), key.get()) &&
      PEM_write_bio_PKCS8PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      PEM_write_bio_X509(certificateText.get(), certificate.get()) == 1;
  if (!good) return failure("OpenSSL could not make a self-signed certificate");
  if (auto written = writeFileDurably(files.key, contents(keyText.get()), 0600); !written) return written;
  return writeFileDurably(files.certificate, contents(certificateText.get()));
}

}  // namespace

Result<TlsFiles> ensureSelfSigned(const std::string& dataDir) {
  const std::string folder = std::filesystem::absolute(dataDir).string() + "/tls";
  TlsFiles files{folder + "/cert.pem", folder + "/key.pem"};
  std::error_code error;
  const bool certificate = std::filesystem::exists(files.certificate, error);
  const bool key = std::filesystem::exists(files.key, error);
  if (certificate && key) return files;
  // What stands there may be somebody's only key.
  if (certificate || key || std::filesystem::is_symlink(folder, error)) {
    return failure("no certificate can be made in " + folder +
                   ": complete or remove what is there, or give --cert and --key");
  }
  if (auto made = makeFolders(folder); !made) return failure(made.error());
  if (auto made = make(files); !made) return failure(made.error());
  return files;
}

}  // namespace kvslocal
