// SPDX-License-Identifier: Apache-2.0
#include "net/curl_handle.h"

#include "net/loop.h"

namespace kvs::net {

void initCurl() {
  static const bool initialised = [] {
    const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    Loop::endAtExit();  // after OpenSSL registered its own handler, so that ours runs before it
    return done;
  }();
  static_cast<void>(initialised);
}

}  // namespace kvs::net
