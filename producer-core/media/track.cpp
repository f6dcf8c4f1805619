// SPDX-License-Identifier: Apache-2.0
#include "media/track.h"

namespace kvs::media {

std::string_view defaultCodecId(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "V_MPEG4/ISO/AVC";
    case Codec::h265:
      return "V_MPEGH/ISO/HEVC";
    case Codec::aac:
      return "A_AAC";
    case Codec::alaw:
    case Codec::mulaw:
      return "A_MS/ACM";
    case Codec::other:
      break;
  }
  return {};
}

std::string_view defaultContentType(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "video/h264";
    case Codec::h265:
      return "video/h265";
    case Codec::aac:
      return "audio/aac";
    case Codec::alaw:
      return "audio/alaw";
    case Codec::mulaw:
      return "audio/mulaw";
    case Codec::other:
      break;
  }
  return {};
}

}  // namespace kvs::media
