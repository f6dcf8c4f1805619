// SPDX-License-Identifier: Apache-2.0
// The parameter sets of a stream, by kind and id, and which of them its pictures use: so a configuration
// record holds what decoding from a key frame needs, however many sets have come since the stream began.
// Inside of the media room: H.264 and H.265 keep theirs alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace kvs::media {

/// Bounded by the ranges of the ids, which the caller has checked, and by maxTotalSize bytes in all.
class ParameterSetStore {
 public:
  static constexpr std::size_t maxTotalSize = 512 * 1024;
  enum class Kind : std::uint8_t { vps, sps, pps };

  enum class Put { tooLarge, same, changed };
  /// `parent`: the id of the set that this one refers to, which is of the kind above.
  Put put(Kind kind, std::size_t id, std::size_t parent, ByteView nal);
  /// The bytes of one; empty where there is none.
  ByteView get(Kind kind, std::size_t id) const;
  bool has(Kind kind) const { return !of(kind).empty(); }

  // --- what the pictures use ---
  /// The set of this id that a picture parameter set leads to; none where a part of the way is missing.
  std::optional<std::size_t> spsOf(std::size_t pps) const;
  /// What comes from here on is of another access unit.
  void beginUnit();
  /// Its picture begins a group: decoding may start at it.
  void beginGroup();
  /// A slice of it refers to this picture parameter set.
  void use(std::size_t pps);
  /// The sequence parameter set of the newest group, where that is known.
  std::optional<std::size_t> active() const { return active_; }

  // --- the record ---
  /// What a record must hold: of the newest group, or everything as long as no group has told what it uses.
  std::vector<ByteView> wanted(Kind kind) const;
  /// One of them is not in the last record as it is now.
  bool recordDue() const;
  void recordMade();
  /// All that is known came in a record, and not in band.
  void takenFromRecord();
  /// What the record must hold and the access unit does not bring.
  std::vector<Bytes> notInUnit() const;

 private:
  struct Set {
    Bytes nal;
    std::size_t parent = 0;
    bool inRecord = false;      ///< the last one holds just these bytes
    std::uint64_t unit = 0;     ///< the access unit that it came with last
    bool fresh = false;         ///< it came since the newest group began
    bool given = false;         ///< it came in a record, and will not come again
    bool usedByStart = false;   ///< by the picture that began the newest group
    bool usedByOthers = false;  ///< by others of that group
    bool kept = false;          ///< the newest group may use it
  };
  using Sets = std::map<std::size_t, Set>;
  Sets& of(Kind kind) { return sets_[static_cast<std::size_t>(kind)]; }
  const Sets& of(Kind kind) const { return sets_[static_cast<std::size_t>(kind)]; }
  bool wants(Kind kind, std::size_t id, const Set& set) const;
  template <class Visit>
  void visitWanted(Visit visit) const;

  std::array<Sets, 3> sets_;
  std::size_t totalSize_ = 0;
  std::optional<std::size_t> active_;
  std::uint64_t unit_ = 1;
  bool ofStart_ = false;  ///< the access unit under way began the group
};

}  // namespace kvs::media
