// SPDX-License-Identifier: Apache-2.0
// Owners of libcurl's handles, and its one initialisation.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/wiping.h"

namespace kvs::net {

template <auto cleanup>
struct CurlCleanup {
  template <class Handle>
  void operator()(Handle* handle) const {
    cleanup(handle);
  }
};

/// Overwrites the lines, of which one may be a session token, and frees the list.
void freeWiped(curl_slist* list);

using CurlEasy = std::unique_ptr<CURL, CurlCleanup<&curl_easy_cleanup>>;
using CurlMultiHandle = std::unique_ptr<CURLM, CurlCleanup<&curl_multi_cleanup>>;
using CurlShare = std::unique_ptr<CURLSH, CurlCleanup<&curl_share_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, CurlCleanup<&freeWiped>>;
using CurlUrl = std::unique_ptr<CURLU, CurlCleanup<&curl_url_cleanup>>;

/// Appends a copy of `line`. False when memory is out; the list stays as it was.
inline bool append(CurlList& list, const WipingString& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (!longer) return false;
  [[maybe_unused]] auto* before = list.release();  // its head, unless it was empty, is `longer`
  list.reset(longer);
  return true;
}

/// A part of a URL as it stands there (`flags`: CURLU_...); empty where there is none.
std::string urlPart(CURLU* url, CURLUPart which, unsigned flags = 0);

/// Initialises libcurl (and with it OpenSSL) once for the process and sees to the loop's end at exit;
/// there is no counterpart: other users of libcurl may be in the process.
void initCurl();

}  // namespace kvs::net
