// SPDX-License-Identifier: Apache-2.0
#include "tls_identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace kvs::net::test {

namespace {
Key makeKey() {
  return Key(EVP_EC_gen("P-256"));
}

void setName(X509_NAME* name, const char* commonName) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(commonName), -1,
                             -1, 0);
}

void addExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (!extension) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

long nextSerial() {
  static std::atomic<long> serial{0};
  return ++serial;
}

Certificate unsignedCertificate(EVP_PKEY* key, const char* subject, const char* issuer) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), nextSerial());
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
  X509_set_pubkey(made.get(), key);
  setName(X509_get_subject_name(made.get()), subject);
  setName(X509_get_issuer_name(made.get()), issuer);
  return made;
}

template <class Write>
std::string textOf(Write write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), &BIO_free);
  write(out.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}
}  // namespace

Authority::Authority()
    : name_("Test CA " + std::to_string(nextSerial())),
      key_(makeKey()),
      certificate_(unsignedCertificate(key_.get(), name_.c_str(), name_.c_str())) {
  addExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

TlsContext Authority::server(const std::string& altName, int minVersion, int maxVersion) const {
  const Key key = makeKey();
  const Certificate leaf = unsignedCertificate(key.get(), "server", name_.c_str());
  addExtension(leaf.get(), NID_subject_alt_name, altName);
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  // Security level 0, so that a test may offer what is too old to be taken.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), minVersion);
  SSL_CTX_set_max_proto_version(context.get(), maxVersion);
  if (SSL_CTX_use_certificate(context.get(), leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    throw std::runtime_error("no server certificate");
  }
  return context;
}

void Authority::writePem(const std::filesystem::path& file) const {
  const std::unique_ptr<FILE, int (*)(FILE*)> out(std::fopen(file.c_str(), "w"), &std::fclose);
  PEM_write_X509(out.get(), certificate_.get());
}

std::string Authority::pem() const {
  return textOf([&](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
}

TlsIdentity Authority::client(const std::string& password) const {
  const Key key = makeKey();
  const Certificate leaf = unsignedCertificate(key.get(), "client", name_.c_str());
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  TlsIdentity identity;
  identity.certificate = textOf([&](BIO* out) { PEM_write_bio_X509(out, leaf.get()); });
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  identity.key = Secret(textOf([&](BIO* out) {
    PEM_write_bio_PrivateKey(out, key.get(), cipher, reinterpret_cast<const unsigned char*>(password.data()),
                             static_cast<int>(password.size()), nullptr, nullptr);
  }));
  return identity;
}

void Authority::demandFrom(SSL_CTX* context) const {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kvs-net-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace kvs::net::test
