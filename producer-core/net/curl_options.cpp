// SPDX-License-Identifier: Apache-2.0
#include "net/curl_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/wiping.h"
#include "net/connected_socket.h"
#include "net/curl_engine.h"

namespace kvs::net {

namespace {
void setSocketOption(int fd, int level, int name, int value) {
  // Refused only by a kernel that lacks it; the connection works without.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof value));
}

curl_socket_t openSocketCallback(void* user, curlsocktype, curl_sockaddr* address) noexcept {
  return guarded([&] { return static_cast<CurlUser*>(user)->openSocket(*address); },
                 curl_socket_t{CURL_SOCKET_BAD});
}

int socketOptionsCallback(void*, curl_socket_t fd, curlsocktype) noexcept {
  setSocketOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);
  // The kernel's send buffer may otherwise take megabytes that no trimming can call back.
  setSocketOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMostUnsent);
  setSocketOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  return CURL_SOCKOPT_OK;
}

/// A piece that an upload could not send whole is offered again from another place, and perhaps in part.
void allowPartialWrites(SSL_CTX* context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

CURLcode ownAuthoritiesCallback(CURL*, void* context, void*) noexcept {
  allowPartialWrites(static_cast<SSL_CTX*>(context));
  return CURLE_OK;
}

CURLcode sharedAuthoritiesCallback(CURL*, void* context, void* trust) noexcept {
  allowPartialWrites(static_cast<SSL_CTX*>(context));
  X509_STORE* store = static_cast<Trust*>(trust)->store();
  if (!store) return CURLE_SSL_CACERT_BADFILE;
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), store);  // counts one more reference
  return CURLE_OK;
}

/// What is bound to an address reaches none of the other family.
long addressesWanted(const TransportOptions& wanted, bool isBound) {
  const bool toAddress = isBound && isIpAddress(wanted.bindAddress);
  const bool isIpv6 = wanted.bindAddress.find(':') != std::string::npos;
  if (wanted.addresses == AddressFamily::ipv4 || (toAddress && !isIpv6)) return CURL_IPRESOLVE_V4;
  if (wanted.addresses == AddressFamily::ipv6 || (toAddress && isIpv6)) return CURL_IPRESOLVE_V6;
  return CURL_IPRESOLVE_WHATEVER;
}

void setProxy(CurlOptions& options, const Proxy& proxy) {
  const WipingString password(proxy.password.reveal());
  options.set(CURLOPT_PROXY, proxy.address.c_str()).set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  if (proxy.user.empty()) return;
  options.set(CURLOPT_PROXYUSERNAME, proxy.user.c_str()).set(CURLOPT_PROXYPASSWORD, password.c_str());
}

/// From where, by way of whom, to which of the host's addresses.
void setRoute(CurlOptions& options, const TransportOptions& wanted, const Place& place) {
  if (place.local) {
    options.set(CURLOPT_PROXY, "");
  } else if (!wanted.proxy.address.empty()) {
    setProxy(options, wanted.proxy);
  }
  const std::string& from = wanted.bindAddress;
  // This machine's own services are not on the network that is chosen here.
  const bool isBound = !from.empty() && (!place.local || isLocalHost(from));
  if (isBound) options.set(CURLOPT_INTERFACE, ((isIpAddress(from) ? "host!" : "if!") + from).c_str());
  if (!place.isAddress) options.set(CURLOPT_IPRESOLVE, addressesWanted(wanted, isBound));
}

void setIdentity(CurlOptions& options, const TlsIdentity& identity) {
  // Not copied by libcurl: the request keeps them as long as the handle lives.
  const auto blobOf = [](std::string_view text) {
    return curl_blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
  };
  curl_blob certificate = blobOf(identity.certificate);
  curl_blob key = blobOf(identity.key.reveal());
  curl_blob authorities = blobOf(identity.authorities);
  options.set(CURLOPT_SSLCERT_BLOB, &certificate)
      .set(CURLOPT_SSLKEY_BLOB, &key)
      .set(CURLOPT_KEYPASSWD, "")  // without one libcurl 7.88 dies of a key that is encrypted
      .set(CURLOPT_FRESH_CONNECT, 1L)
      .set(CURLOPT_FORBID_REUSE, 1L)
      .set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (!identity.authorities.empty()) options.set(CURLOPT_CAINFO_BLOB, &authorities);
}

void setSecurity(CurlOptions& options, const Request& request, CurlEngine& engine) {
  options.set(CURLOPT_SSL_VERIFYPEER, 1L)
      .set(CURLOPT_SSL_VERIFYHOST, 2L)
      .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_CAINFO, static_cast<const char*>(nullptr))   // else 21 ms a connection: the callback
      .set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // gives it the one store
  if (bringsAuthorities(request)) {
    options.set(CURLOPT_SSL_CTX_FUNCTION, &ownAuthoritiesCallback);
  } else {
    options.set(CURLOPT_SSL_CTX_FUNCTION, &sharedAuthoritiesCallback)
        .set(CURLOPT_SSL_CTX_DATA, &engine.trust());
  }
  if (request.identity) setIdentity(options, *request.identity);
}
}  // namespace

CURLcode setConnectionOptions(CURL* easy, CurlUser& user, CurlEngine& engine, const Request& request) {
  CurlOptions options(easy);
  options.set(CURLOPT_PRIVATE, &user)
      .set(CURLOPT_SHARE, engine.share())
      .set(CURLOPT_URL, request.url.c_str())
      .set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_QUICK_EXIT, 1L)
      .set(CURLOPT_PATH_AS_IS, 1L)  // what was signed is what is sent
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
      .set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      .set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connectTimeout.count()))
      .set(CURLOPT_TCP_NODELAY, 1L)
      .set(CURLOPT_OPENSOCKETFUNCTION, &openSocketCallback)
      .set(CURLOPT_OPENSOCKETDATA, &user)
      .set(CURLOPT_SOCKOPTFUNCTION, &socketOptionsCallback);
  if (!engine.options().userAgent.empty()) {
    options.set(CURLOPT_USERAGENT, engine.options().userAgent.c_str());
  }
  setRoute(options, engine.options(), user.place());
  if (user.place().https) setSecurity(options, request, engine);
  return options.result();
}

}  // namespace kvs::net
