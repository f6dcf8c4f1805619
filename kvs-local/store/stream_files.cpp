// SPDX-License-Identifier: Apache-2.0
#include "store/stream_files.h"

#include "base/digest.h"
#include "matroska/block_rewrite.h"
#include "matroska/ebml.h"
#include "matroska/matroska_reader.h"
#include "store/store_paths.h"

namespace kvslocal {
namespace {

/// Takes the head of a header file.
class HeaderTaker final : public MatroskaHandler {
 public:
  bool onHeader(const StreamHeader& seen) override {
    header = seen;
    return true;
  }
  bool onClusterStart(bool /*sized*/) override { return false; }
  bool onClusterTimecode(std::uint64_t) override { return false; }
  bool onBlockStart(const BlockHead&) override { return false; }
  bool onBlockBytes(ByteView) override { return false; }
  bool onBlockEnd(const BlockTail&) override { return false; }
  bool onTags(const std::vector<SimpleTag>&) override { return true; }

  std::optional<StreamHeader> header;
};

Result<StreamHeader> readHeader(const Folder& headers, const std::string& hash) {
  const std::string name = headerName(hash);
  auto bytes = headers.read(name);
  if (!bytes) return failure(bytes.error());
  if (sha256Hex(std::string(bytes->begin(), bytes->end())) != hash)
    return failure("the header file " + headers.pathOf(name) + " is damaged");
  // The reader is sure of the head when a Cluster begins.
  ebml::appendId(*bytes, ebml::idCluster);
  bytes->push_back(0xFF);
  HeaderTaker taker;
  MatroskaReader reader(taker);
  reader.feed(*bytes);
  if (!taker.header)
    return failure("the header file " + headers.pathOf(name) + " is damaged: " + reader.error());
  return *taker.header;
}

std::string lengthDamage(std::uint64_t found, std::uint64_t stored) {
  return "its file holds " + std::to_string(found) + " bytes of " + std::to_string(stored);
}

}  // namespace

StreamFiles::StreamFiles(const Folder& root, const StreamRecord& stream, const std::vector<FragmentRow>& rows)
    : fragments_(openStreamPart(root, streamFolderName(stream.id, stream.name), fragmentsName)),
      headers_(openStreamPart(root, streamFolderName(stream.id, stream.name), headersName)) {
  for (const auto& row : rows)
    hashesByKey_[row.headerKey].insert(row.headerHash);
}

std::string StreamFiles::damageOf(const FragmentRow& row) {
  if (!fragments_) return fragments_.error();
  const std::string name = fragmentName(row.summary.counter);
  const auto found = fragments_->sizeOf(name);
  if (!found)
    return fragments_->kindOf(name) == Folder::Kind::absent ? "its file is gone" : "it is no plain file";
  if (*found != row.summary.bytes) return lengthDamage(*found, row.summary.bytes);
  const auto head = header(row);
  return head ? std::string() : head.error();
}

Result<Bytes> StreamFiles::blocks(const FragmentRow& row) const {
  if (!fragments_) return failure(fragments_.error());
  auto bytes = fragments_->read(fragmentName(row.summary.counter));
  if (!bytes) return bytes;
  if (bytes->size() != row.summary.bytes) return failure(lengthDamage(bytes->size(), row.summary.bytes));
  if (const auto places = listBlocks(*bytes); !places)
    return failure("its file is damaged: " + places.error());
  return bytes;
}

Result<FileDescriptor> StreamFiles::openBlocks(std::uint64_t number) const {
  if (!fragments_) return failure(fragments_.error());
  return fragments_->openFile(fragmentName(number));
}

Result<StreamHeader> StreamFiles::header(const FragmentRow& row) {
  const auto& own = headerOf(row.headerHash);
  if (own) return own;
  for (const auto& hash : hashesByKey_[row.headerKey]) {
    if (const auto& other = headerOf(hash); other) return other;
  }
  return own;
}

const Result<StreamHeader>& StreamFiles::headerOf(const std::string& hash) {
  const auto known = read_.find(hash);
  if (known != read_.end()) return known->second;
  auto found = headers_ ? readHeader(*headers_, hash) : failure(headers_.error());
  return read_.emplace(hash, std::move(found)).first->second;
}

}  // namespace kvslocal
