// SPDX-License-Identifier: Apache-2.0
// The one way to the network. An application may bring its own stack by implementing Transport; the
// default is libcurl (net/curl_transport.h). net knows no AWS: signing comes in through `prepare`.
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

/// Finds a header by name, in any case; empty when absent.
std::string_view findHeader(const std::vector<Header>& headers, std::string_view name);

/// What a body source has to give at this moment.
struct BodyRead {
  enum class State {
    data,  ///< `bytes` were written into the room given
    wait,  ///< nothing now: the exchange sleeps until Exchange::resume()
    end,   ///< the body is complete
  };
  State state;
  std::size_t bytes = 0;
};

/// The body of a request whose length is not known: pulled by the transport, on the loop's thread,
/// whenever the connection can take more.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// `data` with no bytes counts as `wait`. Not called again after `end`, nor once the exchange has
  /// ended or was answered with another status than 200. At most 64 KiB of room a pass of the loop.
  virtual BodyRead read(std::span<std::byte> room) = 0;
};

enum class Profile {
  call,      ///< a short call: connections are reused, the whole answer has a deadline and at most 1 MiB
  download,  ///< a long answer: of any length, without a deadline, as fast as its listener takes it
  realtime,  ///< a long upload, fresh connection, small buffers: a byte leaves when it is there
  bulk,      ///< a long upload, fresh connection, large buffers: as fast as the link goes
};

/// Who we are to a server that asks for a certificate (mutual TLS). PEM texts, not files: files are read
/// on the worker, before the request is made.
struct TlsIdentity {
  std::string certificate;  ///< the chain, our own certificate first
  Secret key;               ///< its private key, without a passphrase
  std::string authorities;  ///< whom to trust in this request; empty: whom the transport trusts
};

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<Header> headers;
  std::string body;              ///< the whole body, where `source` is null
  BodySource* source = nullptr;  ///< not owned; must outlive the exchange; sent chunked over HTTP/1.1
  std::shared_ptr<const TlsIdentity> identity;  ///< null: none; such a request has a connection of its own
  Profile profile = Profile::call;
  Milliseconds connectTimeout{5000};  ///< DNS, TCP and TLS together, from prepare() on
  Milliseconds totalTimeout{10000};   ///< of the whole exchange; Profile::call only
  /// Called once, on the loop, just before the connection is asked for (after any wait for a place),
  /// so that a signature is fresh. It may change headers and the url's path and query, not its host.
  /// An error ends the exchange with it.
  std::function<Result<void>(Request&)> prepare;
};

struct ResponseHead {
  int status = 0;
  std::vector<Header> headers;
};

/// Hears what comes back. All calls come on the loop's thread, never from inside start(), resume()
/// or a destructor; after the Exchange is destroyed there are none.
class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;
  /// The final status line and its headers (1xx answers are skipped). May come while the body is still being
  /// sent.
  virtual void onHead(const ResponseHead& head) = 0;
  virtual void onData(ByteView data) = 0;
  /// Exactly once, unless the Exchange is destroyed first. Success means: the response is complete,
  /// whether or not the request's body was. For uploads it is called as soon as the response's end,
  /// a FIN, a reset or a non-200 answer's end is seen, also when no body byte is flowing.
  /// An upload that was answered with another status than 200 always ends with success: the status
  /// says what is wrong; its text may be cut after 64 KiB or 500 ms, or by a reset.
  virtual void onEnd(Result<void> result) = 0;
};

/// A running request. Destroying it cancels it; allowed from inside the listener's calls.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// There is body to read again. On the loop's thread; harmless when not waiting.
  virtual void resume() = 0;
  /// The listener has enough of a Profile::download for now: it hears nothing more, not even the end, until
  /// resumeAnswer(). The connection is read no further meanwhile, so that the sender is held back; at most
  /// 128 KiB wait here. On the loop's thread, also from inside the listener's calls. Other profiles have
  /// short answers, which are not held.
  virtual void holdAnswer() = 0;
  /// On the loop's thread; harmless when nothing is held.
  virtual void resumeAnswer() = 0;
  /// Bytes of the request's body that the kernel has taken so far.
  virtual std::uint64_t bytesSent() const = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// On the loop's thread. Never fails at once: errors come through onEnd.
  virtual std::unique_ptr<Exchange> start(Request request, ExchangeListener& listener) = 0;
};

}  // namespace kvs::net
