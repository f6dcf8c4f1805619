// SPDX-License-Identifier: Apache-2.0
// The one way of a text from outside (a service's message, a header, an error of a library that speaks to
// servers) into our own errors, logs and messages: known secrets are taken out, then it is cleaned and cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace kvs {

/// `text` with "***" in place of each secret that this process has sent (Secret::sent()) and still holds, and
/// of each part of one that is longer than a few characters: in any case, with anything but letters and
/// digits in between, in percent, JSON, XML, base64 or hex spelling, also in several of them at once.
std::string withoutSecrets(std::string_view text);

/// The same, fit for one line of a log: at most `longest` bytes, no control characters, trimmed.
std::string foreignText(std::string_view text, std::size_t longest);

/// What somebody said who was expected to say something else: its beginning, in quotes where it is text,
/// else as hex numbers.
std::string foreignBytes(ByteView bytes);

}  // namespace kvs
