// SPDX-License-Identifier: Apache-2.0
// How lists stand in a column of the index, and the queries that writer and reader share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/fragment.h"
#include "store/sqlite.h"
#include "store/stream_record.h"

namespace kvslocal {

/// Length-prefixed texts ("3:abc0:"): any bytes may stand in them.
std::string encodeTexts(const std::vector<std::string>& texts);
std::vector<std::string> decodeTexts(const std::string& column);

std::string encodeMap(const std::map<std::string, std::string>& map);
std::map<std::string, std::string> decodeMap(const std::string& column);

/// Names and values, and how many of the tags stand in the fragment's head: a text without a partner, which
/// earlier versions did not write and step over.
std::string encodeTags(const std::vector<SimpleTag>& tags, std::size_t headTags);
std::vector<SimpleTag> decodeTags(const std::string& column);
/// All of them, where it is not known.
std::size_t decodeHeadTags(const std::string& column);

/// "1:30 2:47": frames by track number.
std::string encodeFrames(const std::vector<TrackFrames>& frames);
std::vector<TrackFrames> decodeFrames(const std::string& column);

Result<std::vector<StreamRecord>> selectStreams(Database& index);

}  // namespace kvslocal
