// SPDX-License-Identifier: Apache-2.0
// What the pads take, for their templates. None is ANY: gst_element_link() would choose it for everything.
#pragma once

namespace kvs::gst {

/// AV1 and VP9 as Matroska has them: a temporal unit, a superframe in each buffer.
inline constexpr const char* videoCaps =
    "video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, alignment = (string) { au, nal }; "
    "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, alignment = (string) { au, nal }; "
    "image/jpeg; video/x-vp8; video/x-vp9; "
    "video/x-av1, stream-format = (string) obu-stream, alignment = (string) tu";

inline constexpr const char* audioCaps =
    "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) { raw, adts }; "
    "audio/x-alaw; audio/x-mulaw; audio/x-opus; "
    "audio/x-raw, layout = (string) interleaved, "
    "format = (string) { U8, S16LE, S16BE, S24LE, S24BE, S32LE, S32BE, F32LE, F64LE }";

inline constexpr const char* dataCaps =
    "text/x-raw; text/plain; text/csv; text/xml; application/json; application/cbor; "
    "meta/x-klv; meta/x-id3; application/x-onvif-metadata; application/x-kvs-data";

}  // namespace kvs::gst
