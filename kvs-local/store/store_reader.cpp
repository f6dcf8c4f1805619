// SPDX-License-Identifier: Apache-2.0
#include "store/store_reader.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>

#include "store/data_format.h"
#include "store/index_access.h"
#include "store/row_codec.h"
#include "store/store_paths.h"

namespace kvslocal {
namespace {

std::string nothingIn(const std::string& dataDir) {
  return "no kvs-local data in the folder " + dataDir + " (see --data-dir)";
}

}  // namespace

Result<StoreReader> StoreReader::open(const std::string& dataDir) {
  std::error_code error;
  if (!std::filesystem::exists(dataDir, error) && !error) return failure(nothingIn(dataDir));
  auto root = Folder::open(dataDir);
  if (!root) return failure(root.error());
  if (auto plain = expectPlainPlaces(*root); !plain) return failure(plain.error());
  if (root->kindOf(indexName) == Folder::Kind::absent) return failure(nothingIn(dataDir));
  auto index = openIndexToRead(*root);
  if (!index) return failure(index.error());
  const auto format = formatOf(*index, dataDir);
  if (!format) return failure(format.error());
  if (*format == DataFormat::none) return failure(nothingIn(dataDir));
  return StoreReader(std::move(*root), std::move(*index));
}

Result<std::vector<StreamRecord>> StoreReader::streams() {
  return selectStreams(index_);
}

Result<StreamRecord> StoreReader::stream(const std::string& name) {
  auto all = streams();
  if (!all) return failure(all.error());
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const auto& record) { return record.name == name; });
  if (found == all->end()) return failure("there is no stream '" + name + "' in " + root_.path());
  return *found;
}

Result<std::vector<FragmentRow>> StoreReader::fragments(const FragmentQuery& query) {
  FragmentSearch search = searchProducerTimes(query.streamId, query.from.value_or(WallTime::min()),
                                              query.to.value_or(WallTime::max()));
  if (query.to) --search.last;  // which is not included here
  search.latestOnly = !query.all;
  search.most = std::numeric_limits<std::uint32_t>::max();
  auto page = findFragments(index_, search);
  if (!page) return failure(page.error());
  return std::move(page->rows);
}

}  // namespace kvslocal
