// SPDX-License-Identifier: Apache-2.0
// A CurlTransport on a loop of its own, with everything done on the loop's thread.
#pragma once

#include <gtest/gtest.h>

#include "await.h"
#include "net/curl_transport.h"
#include "raw_server.h"
#include "recorder.h"

namespace kvs::net::test {

/// Within this an end must be seen.
inline constexpr std::chrono::milliseconds kSoon{1000};

class TransportTest : public ::testing::Test {
 protected:
  /// An exchange with its listener and body. Destroyed on the loop.
  struct Upload {
    explicit Upload(TransportTest& test) : test_(test) {}
    ~Upload() {
      onLoop(*test_.loop, [this] { exchange.reset(); });
    }
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    void feed(const std::string& part) {
      onLoop(*test_.loop, [&] {
        body.parts.push_back(part);
        exchange->resume();
      });
    }
    void finish() {
      onLoop(*test_.loop, [&] {
        body.finished = true;
        exchange->resume();
      });
    }
    std::uint64_t bytesSent() {
      std::uint64_t bytes = 0;
      onLoop(*test_.loop, [&] { bytes = exchange->bytesSent(); });
      return bytes;
    }

    Recorder heard;
    HandFedBody body;
    std::unique_ptr<Exchange> exchange;

   private:
    TransportTest& test_;
  };

  void startOn(Upload& upload, Request request) {
    onLoop(*loop, [&] { upload.exchange = transport->start(std::move(request), upload.heard); });
  }
  void startUpload(Upload& upload, const std::string& url, Profile profile = Profile::realtime) {
    Request request;
    request.url = url;
    request.source = &upload.body;
    request.profile = profile;
    startOn(upload, std::move(request));
  }

  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<CurlTransport> transport = std::make_shared<CurlTransport>(loop);
};

}  // namespace kvs::net::test
