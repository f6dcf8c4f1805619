// SPDX-License-Identifier: Apache-2.0
// Text that others wrote (tags, names, headers), made fit for a terminal and a log.
#pragma once

#include <string>
#include <string_view>

namespace kvslocal {

/// The text with everything that could steer a terminal, break a line or reorder what is read written out:
/// "\n", "\x1b", "\u202e". Bytes that are no UTF-8 become "\xff".
std::string printable(std::string_view text);

/// The same, line breaks left as they are: for texts of several lines.
std::string printableLines(std::string_view text);

/// How many characters a printable text has, for columns.
std::size_t widthOf(std::string_view text);

}  // namespace kvslocal
