// SPDX-License-Identifier: Apache-2.0
// Where things stand in a data folder.
//
// DIR/kvs-local.db                              the index (WAL, synchronous FULL)
// DIR/lock                                      held by the server that uses the folder
// DIR/streams/ID-NAME/headers/HASH.mkv          EBML header, Segment, Info, Tracks of sessions
// DIR/streams/ID-NAME/fragments/COUNTER.frag    the blocks of one fragment as received
#pragma once

#include <cstdint>
#include <string>

#include "store/folder.h"

namespace kvslocal {

inline constexpr const char* indexName = "kvs-local.db";
inline constexpr const char* lockName = "lock";
inline constexpr const char* streamsName = "streams";
inline constexpr const char* headersName = "headers";
inline constexpr const char* fragmentsName = "fragments";

std::string indexPath(const std::string& dataDir);
std::string streamFolder(const std::string& dataDir, std::int64_t streamId, const std::string& name);
std::string fragmentPath(const std::string& folder, std::uint64_t counter);
std::string headerPath(const std::string& folder, const std::string& hash);

/// The last parts of these paths.
std::string streamFolderName(std::int64_t streamId, const std::string& name);
std::string fragmentName(std::uint64_t counter);
std::string headerName(const std::string& hash);

/// Whether a name is one that kvs-local gives, with ".part" behind it as well.
bool isFragmentName(const std::string& name);
bool isHeaderName(const std::string& name);
bool isStreamFolderName(const std::string& name);

/// DIR/streams/STREAM/PART, no link on the way.
Result<Folder> openStreamPart(const Folder& root, const std::string& stream, const char* part);

}  // namespace kvslocal
