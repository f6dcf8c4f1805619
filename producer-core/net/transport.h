// SPDX-License-Identifier: Apache-2.0
// The only way to the network. An application may bring its own network stack by implementing Transport;
// the default is libcurl (net/curl_transport.h). This room knows nothing of AWS: `prepare` adds signatures.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"

namespace kvs::net {

struct Header {
  std::string name;
  std::string value;
};

/// Finds a header by name, ignoring case; empty if absent.
std::string_view findHeader(const std::vector<Header>& headers, std::string_view name);

/// What a body source can provide at this moment.
struct BodyRead {
  enum class State {
    data,  ///< `bytes` were written into the room given
    wait,  ///< nothing now: the exchange sleeps until Exchange::resume()
    end,   ///< the body is complete
  };
  State state;
  std::size_t bytes = 0;
};

/// The body of a request of unknown length. The transport pulls it, on the loop's thread, whenever the
/// connection can take more.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// `data` with no bytes counts as `wait`. Not called again after `end`, nor after the exchange has ended
  /// or was answered with a status other than 200. `room` has at most 64 KiB in each pass of the loop.
  virtual BodyRead read(std::span<std::byte> room) = 0;
};

enum class Profile {
  call,      ///< a short call: connections are reused, the whole answer has a deadline and at most 1 MiB
  download,  ///< a long answer of any length, without a deadline, as fast as the listener accepts it
  realtime,  ///< a long upload, fresh connection: live media, each byte of which is sent at once
  bulk,      ///< a long upload, fresh connection: a recording; libcurl's transport treats both alike
};

/// Our identity for a server that asks for a certificate (mutual TLS). PEM texts, not files: files are read
/// on the worker, before the request is made.
struct TlsIdentity {
  std::string certificate;  ///< the chain, our own certificate first
  Secret key;               ///< its private key, without a passphrase
  std::string authorities;  ///< CAs to trust in this request; empty: those that the transport trusts
};

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<Header> headers;
  std::string body;              ///< the whole body, if `source` is null
  BodySource* source = nullptr;  ///< not owned; must outlive the exchange; sent chunked over HTTP/1.1
  std::shared_ptr<const TlsIdentity> identity;  ///< null: none; a request with one has its own connection
  Profile profile = Profile::call;
  Milliseconds connectTimeout{5000};  ///< DNS, TCP and TLS together, from prepare() on
  Milliseconds totalTimeout{10000};   ///< of the whole exchange; Profile::call only
  /// Called once, on the loop, just before the connection is requested and after any wait for a place, so
  /// that a signature is fresh. It may change the headers and the url's path and query, but not its host. If
  /// it returns an error, the exchange ends with that error.
  std::function<Result<void>(Request&)> prepare;
  std::vector<Secret> secrets{};  ///< what it carries: known for as long as the exchange lasts

  /// Says that `secret` stands somewhere in it: whoever answers may repeat it.
  void carry(const Secret& secret) {
    secret.sent();
    secrets.push_back(secret);
  }
};

struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;
};

/// Receives the response. All calls are made on the loop's thread, never from inside start(), resume() or a
/// destructor, and none after the Exchange is destroyed.
class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;
  /// The final status line and its headers (1xx answers are skipped). May be called while the body is still
  /// being sent.
  virtual void onHead(const ResponseHead& head) = 0;
  virtual void onData(ByteView data) = 0;
  /// Exactly once, unless the Exchange is destroyed first. Success means: the response is complete,
  /// whether or not the request's body was. For uploads it is called as soon as the response's end,
  /// a FIN, a reset or a non-200 answer's end is seen, also when no body byte is flowing.
  /// An upload that was answered with a status other than 200 always ends with success: the status says what
  /// is wrong. The text of the answer may be cut off after 64 KiB or 500 ms, or by a reset.
  virtual void onEnd(Result<void> result) = 0;
};

/// A running request. Destroying it cancels it; allowed from inside the listener's calls.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The body has more to read. On the loop's thread; harmless if the exchange is not waiting.
  virtual void resume() = 0;
  /// The listener of a Profile::download has enough for now: it receives nothing more, not even the end,
  /// until resumeAnswer(). In the meantime nothing is read from the connection, which holds the sender back;
  /// at most 128 KiB wait here. On the loop's thread, also from inside the listener's calls. Other profiles
  /// have short answers, which are not held.
  virtual void holdAnswer() = 0;
  /// On the loop's thread; harmless when nothing is held.
  virtual void resumeAnswer() = 0;
  /// Bytes of the request's body that were handed to the kernel so far.
  virtual std::uint64_t bytesSent() const = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// On the loop's thread. Never fails at once: errors are reported by onEnd.
  virtual std::unique_ptr<Exchange> start(Request request, ExchangeListener& listener) = 0;
};

}  // namespace kvs::net
