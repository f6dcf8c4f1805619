// SPDX-License-Identifier: Apache-2.0
#include "net/curl_handle.h"

#include <openssl/crypto.h>

#include <cstring>

#include "net/loop.h"

namespace kvs::net {

void freeWiped(curl_slist* list) {
  for (const curl_slist* line = list; line; line = line->next)
    OPENSSL_cleanse(line->data, std::strlen(line->data));
  curl_slist_free_all(list);
}

std::string urlPart(CURLU* url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || !text) return {};
  const std::unique_ptr<char, void (*)(void*)> owned(text, &curl_free);
  return text;
}

void initCurl() {
  static const bool initialised = [] {
    // What still runs when exit()'s patience with it is over must not meet an OpenSSL that is torn down. In
    // a process that has used OpenSSL before, it is; then the order of the handlers is all that helps.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    Loop::endAtExit();  // after OpenSSL's own handler, so that ours runs before it
    return done;
  }();
  static_cast<void>(initialised);
}

}  // namespace kvs::net
