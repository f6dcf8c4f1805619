// SPDX-License-Identifier: Apache-2.0
// How a transfer's libcurl handle is set up, and the C callbacks, which only forward. An
// exception that would leave one (no memory) becomes libcurl's own way to say "stop".
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/wiping.h"
#include "net/curl_engine.h"
#include "net/curl_transfer.h"

namespace kvs::net {

namespace {
constexpr long kAnswerBuffer = 4 * 1024;
constexpr long kRealtimeBuffer = 16 * 1024;
constexpr long kBulkBuffer = 256 * 1024;
constexpr long kDownloadBuffer = 64 * 1024;

/// Sets options until one is refused.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <class Value>
  Options& set(CURLoption option, Value value) {
    if (result_ == CURLE_OK) result_ = curl_easy_setopt(easy_, option, value);
    return *this;
  }
  CURLcode result() const { return result_; }

 private:
  CURL* easy_;
  CURLcode result_ = CURLE_OK;
};

bool isPlain(const std::string& text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

void setSocketOption(int fd, int level, int name, int value) {
  // Refused only by a kernel that lacks it; the connection works without.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof value));
}

/// What is bound to an address reaches none of the other family.
long addressesWanted(const TransportOptions& wanted, bool isBound) {
  const bool toAddress = isBound && isIpAddress(wanted.bindAddress);
  const bool isIpv6 = wanted.bindAddress.find(':') != std::string::npos;
  if (wanted.addresses == AddressFamily::ipv4 || (toAddress && !isIpv6)) return CURL_IPRESOLVE_V4;
  if (wanted.addresses == AddressFamily::ipv6 || (toAddress && isIpv6)) return CURL_IPRESOLVE_V6;
  return CURL_IPRESOLVE_WHATEVER;
}

template <class Work>
auto guarded(Work&& work, decltype(work()) onException) noexcept {
  try {
    return work();
  } catch (...) {
    return onException;
  }
}

CurlTransfer& transferOf(void* self) {
  return *static_cast<CurlTransfer*>(self);
}
}  // namespace

CURLcode CurlTransfer::setOptions() {
  auto headers = headerList();
  if (!headers) return CURLE_BAD_FUNCTION_ARGUMENT;
  headers_ = std::move(*headers);
  Options options(easy_.get());
  options.set(CURLOPT_PRIVATE, this)
      .set(CURLOPT_URL, request_.url.c_str())
      .set(CURLOPT_HTTPHEADER, headers_.get())
      .set(CURLOPT_ERRORBUFFER, errorText_.data())
      .set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_QUICK_EXIT, 1L)
      .set(CURLOPT_PATH_AS_IS, 1L)  // what was signed is what is sent
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
      .set(CURLOPT_HTTP09_ALLOWED, 1L)  // what is no HTTP comes as a body, and can be quoted
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      .set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connectTimeout.count()))
      .set(CURLOPT_TCP_NODELAY, 1L)
      .set(CURLOPT_HEADERFUNCTION, &CurlTransfer::headerCallback)
      .set(CURLOPT_HEADERDATA, this)
      .set(CURLOPT_WRITEFUNCTION, &CurlTransfer::writeCallback)
      .set(CURLOPT_WRITEDATA, this)
      .set(CURLOPT_PREREQFUNCTION, &CurlTransfer::connectedCallback)
      .set(CURLOPT_PREREQDATA, this)
      .set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::openSocketCallback)
      .set(CURLOPT_OPENSOCKETDATA, this)
      .set(CURLOPT_SOCKOPTFUNCTION, &CurlTransfer::socketOptionsCallback);
  if (findHeader(request_.headers, "User-Agent").empty() && !engine_->options().userAgent.empty()) {
    options.set(CURLOPT_USERAGENT, engine_->options().userAgent.c_str());
  }
  if (options.result() != CURLE_OK) return options.result();
  if (const CURLcode set = forgetDoubtfulAddress(); set != CURLE_OK) return set;
  if (const CURLcode set = setRoute(); set != CURLE_OK) return set;
  engine_->multi().adoptSocketsOf(easy_.get());
  if (place_.https) {
    if (const CURLcode set = setSecurity(); set != CURLE_OK) return set;
  }
  return upload_ ? setUploadOptions() : setCallOptions();
}

CURLcode CurlTransfer::forgetDoubtfulAddress() {
  if (!engine_->doubt().forget(place_.text(), engine_->loop().clock().now())) return CURLE_OK;
  if (!append(resolve_, WipingString("-").append(place_.text()))) return CURLE_OUT_OF_MEMORY;
  return Options(easy_.get()).set(CURLOPT_RESOLVE, resolve_.get()).result();
}

/// From where, by way of whom, to which of the host's addresses.
CURLcode CurlTransfer::setRoute() {
  const TransportOptions& wanted = engine_->options();
  Options options(easy_.get());
  if (place_.local) {
    options.set(CURLOPT_PROXY, "");
  } else if (!wanted.proxy.address.empty()) {
    const WipingString password(wanted.proxy.password.reveal());
    options.set(CURLOPT_PROXY, wanted.proxy.address.c_str())
        .set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
    if (!wanted.proxy.user.empty()) {
      options.set(CURLOPT_PROXYUSERNAME, wanted.proxy.user.c_str())
          .set(CURLOPT_PROXYPASSWORD, password.c_str());
    }
  }
  const std::string& from = wanted.bindAddress;
  // This machine's own services are not on the network that is chosen here.
  const bool isBound = !from.empty() && (!place_.local || isLocalHost(from));
  if (isBound) options.set(CURLOPT_INTERFACE, ((isIpAddress(from) ? "host!" : "if!") + from).c_str());
  if (!place_.isAddress) options.set(CURLOPT_IPRESOLVE, addressesWanted(wanted, isBound));
  return options.result();
}

CURLcode CurlTransfer::setSecurity() {
  Options options(easy_.get());
  options.set(CURLOPT_SSL_VERIFYPEER, 1L)
      .set(CURLOPT_SSL_VERIFYHOST, 2L)
      .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_CAINFO, static_cast<const char*>(nullptr))   // else 21 ms a connection: the callback
      .set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // gives it the one store
  if (!bringsAuthorities()) {
    options.set(CURLOPT_SSL_CTX_FUNCTION, &CurlTransfer::sslContextCallback).set(CURLOPT_SSL_CTX_DATA, this);
  }
  if (request_.identity) {
    return options.result() == CURLE_OK ? setIdentity(*request_.identity) : options.result();
  }
  return options.set(CURLOPT_SHARE, engine_->share()).result();
}

CURLcode CurlTransfer::setIdentity(const TlsIdentity& identity) {
  // Not copied by libcurl: the request keeps them as long as the handle lives.
  const auto blobOf = [](std::string_view text) {
    return curl_blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
  };
  curl_blob certificate = blobOf(identity.certificate);
  curl_blob key = blobOf(identity.key.reveal());
  curl_blob authorities = blobOf(identity.authorities);
  Options options(easy_.get());
  options.set(CURLOPT_SSLCERT_BLOB, &certificate)
      .set(CURLOPT_SSLKEY_BLOB, &key)
      .set(CURLOPT_KEYPASSWD, "")  // without one libcurl 7.88 dies of a key that is encrypted
      .set(CURLOPT_FRESH_CONNECT, 1L)
      .set(CURLOPT_FORBID_REUSE, 1L)
      .set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (bringsAuthorities()) options.set(CURLOPT_CAINFO_BLOB, &authorities);
  return options.result();
}

CURLcode CurlTransfer::setUploadOptions() {
  const long buffer = request_.profile == Profile::bulk ? kBulkBuffer : kRealtimeBuffer;
  Options options(easy_.get());
  options.set(CURLOPT_POST, 1L)
      .set(CURLOPT_READFUNCTION, &CurlTransfer::readCallback)
      .set(CURLOPT_READDATA, this)
      .set(CURLOPT_FRESH_CONNECT, 1L)
      .set(CURLOPT_FORBID_REUSE, 1L)
      .set(CURLOPT_UPLOAD_BUFFERSIZE, buffer)
      .set(CURLOPT_BUFFERSIZE, kAnswerBuffer)
      .set(CURLOPT_HTTP_TRANSFER_DECODING, 0L);  // ResponseBody finds the answer's end
  if (request_.method != "POST") options.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  return options.result();
}

CURLcode CurlTransfer::setCallOptions() {
  Options options(easy_.get());
  if (isDownload()) {
    options.set(CURLOPT_BUFFERSIZE, kDownloadBuffer);
  } else {
    options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.totalTimeout.count()));
  }
  if (request_.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET" || !request_.body.empty()) {
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()))
        .set(CURLOPT_POSTFIELDS, request_.body.data());
    if (request_.method != "POST") options.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  return options.result();
}

std::optional<CurlList> CurlTransfer::headerList() const {
  CurlList list;
  bool good = isPlain(request_.method);
  for (const Header& header : request_.headers) {
    good = good && isPlain(header.name) && isPlain(header.value) && !header.name.empty();
    WipingString line(header.name);
    // The first is libcurl's notation for a header without a value.
    line.append(header.value.empty() ? ";" : ": ").append(header.value);
    good = good && append(list, line);
  }
  // A name with nothing behind the colon keeps libcurl from adding its own.
  if (findHeader(request_.headers, "Content-Type").empty()) good = good && append(list, "Content-Type:");
  good = good && append(list, "Expect:");
  if (upload_) good = good && append(list, "Transfer-Encoding: chunked");
  if (!good) return std::nullopt;
  return list;
}

std::size_t CurlTransfer::headerCallback(char* data, std::size_t size, std::size_t count,
                                         void* self) noexcept {
  return guarded(
      [&] {
        return transferOf(self).onHeaderLine({data, size * count}) ? size * count : std::size_t{0};
      },
      std::size_t{0});
}

std::size_t CurlTransfer::writeCallback(char* data, std::size_t size, std::size_t count,
                                        void* self) noexcept {
  return guarded(
      [&] {
        const ByteView raw = asBytes({data, size * count});
        switch (transferOf(self).onBody(raw)) {
          case Take::all:
            return raw.size();
          case Take::later:
            return std::size_t{CURL_WRITEFUNC_PAUSE};
          case Take::none:
            break;
        }
        return std::size_t{0};
      },
      std::size_t{0});
}

std::size_t CurlTransfer::readCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  return guarded(
      [&] {
        const auto keep = transferOf(self).shared_from_this();  // the source may let go of the exchange
        return keep->onRead(std::as_writable_bytes(std::span(data, size * count)));
      },
      std::size_t{CURL_READFUNC_ABORT});
}

int CurlTransfer::connectedCallback(void* self, char*, char*, int, int) noexcept {
  return guarded([&] { return transferOf(self).onConnected(); }, int{CURL_PREREQFUNC_ABORT});
}

curl_socket_t CurlTransfer::openSocketCallback(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  return guarded([&] { return transferOf(self).openSocket(*address); }, curl_socket_t{CURL_SOCKET_BAD});
}

curl_socket_t CurlTransfer::openSocket(const curl_sockaddr& address) {
  engine_->resolved(*this);
  socketAsked_ = true;
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  socketError_ = fd < 0 ? errno : 0;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

int CurlTransfer::socketOptionsCallback(void*, curl_socket_t fd, curlsocktype) noexcept {
  setSocketOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);
  // The kernel's send buffer may otherwise take megabytes that no trimming can call back.
  setSocketOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 128 * 1024);
  setSocketOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  setSocketOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  return CURL_SOCKOPT_OK;
}

CURLcode CurlTransfer::sslContextCallback(CURL*, void* context, void* self) noexcept {
  X509_STORE* store = transferOf(self).engine_->trust().store();
  if (!store) return CURLE_SSL_CACERT_BADFILE;
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), store);  // counts one more reference
  return CURLE_OK;
}

}  // namespace kvs::net
