// SPDX-License-Identifier: Apache-2.0
#include "cli/mkv_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cstdio>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

Bytes ebmlHeader() {
  Bytes fields;
  ebml::appendUint(fields, ebml::idEbmlVersion, 1);
  ebml::appendUint(fields, ebml::idEbmlReadVersion, 1);
  ebml::appendUint(fields, ebml::idEbmlMaxIdLength, 4);
  ebml::appendUint(fields, ebml::idEbmlMaxSizeLength, 8);
  ebml::appendString(fields, ebml::idDocType, "matroska");
  ebml::appendUint(fields, ebml::idDocTypeVersion, 4);
  ebml::appendUint(fields, ebml::idDocTypeReadVersion, 2);
  Bytes out;
  ebml::appendElement(out, ebml::idEbml, fields);
  return out;
}

// Of one length whatever the positions are, so that it can be written first and filled in last.
Bytes seekHead(std::uint64_t info, std::uint64_t tracks, std::uint64_t cues) {
  Bytes entries;
  const auto add = [&](std::uint32_t id, std::uint64_t position) {
    Bytes entry;
    Bytes idBytes;
    ebml::appendId(idBytes, id);
    ebml::appendElement(entry, ebml::idSeekId, idBytes);
    ebml::appendFixedUint(entry, ebml::idSeekPosition, position);
    ebml::appendElement(entries, ebml::idSeek, entry);
  };
  add(ebml::idInfo, info);
  add(ebml::idTracks, tracks);
  if (cues != 0) add(ebml::idCues, cues);
  Bytes out;
  ebml::appendElement(out, ebml::idSeekHead, entries);
  return out;
}

Bytes eightByteSize(std::uint64_t size) {
  Bytes out{0x01};
  for (int shift = 48; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(size >> shift));
  return out;
}

Bytes doubleBytes(double value) {
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(std::bit_cast<std::uint64_t>(value) >> shift));
  }
  return out;
}

}  // namespace

Result<MkvFile> MkvFile::create(const MkvFileConfig& config) {
  auto file = createFile(config.path + ".part");
  if (!file) return failure(file.error());
  MkvFile made(config, std::move(*file));
  if (auto written = made.writeHead(); !written) return failure(written.error());
  return made;
}

MkvFile::~MkvFile() {
  if (file_.valid()) ::unlink(part().c_str());
}

Result<void> MkvFile::writeHead() {
  Bytes head = ebmlHeader();
  ebml::appendId(head, ebml::idSegment);
  segmentSizeAt_ = head.size();
  const Bytes noSize = eightByteSize(0);
  head.insert(head.end(), noSize.begin(), noSize.end());
  segmentBegin_ = head.size();

  seekHeadAt_ = head.size();
  const Bytes seeks = seekHead(0, 0, config_.cueTrack == 0 ? 0 : 1);
  head.insert(head.end(), seeks.begin(), seeks.end());

  Bytes info;
  ebml::appendElement(info, ebml::idSegmentUid, config_.segmentUid);
  ebml::appendUint(info, ebml::idTimecodeScale, config_.timecodeScale);
  ebml::appendDate(info, ebml::idDateUtc, config_.date);
  ebml::appendString(info, ebml::idTitle, config_.title);
  ebml::appendString(info, ebml::idMuxingApp, "kvs-local");
  ebml::appendString(info, ebml::idWritingApp, "kvs-local export");
  ebml::appendDouble(info, ebml::idDuration, 0.0);
  infoAt_ = head.size();
  ebml::appendElement(head, ebml::idInfo, info);
  durationAt_ = head.size() - 8;  // Duration stands last in Info

  tracksAt_ = head.size();
  head.insert(head.end(), config_.tracksElement.begin(), config_.tracksElement.end());
  return write(head);
}

Result<void> MkvFile::addTags(const std::vector<SimpleTag>& tags) {
  Bytes tag;
  ebml::appendElement(tag, ebml::idTargets, {});
  for (const auto& [name, value] : tags) {
    Bytes simple;
    ebml::appendString(simple, ebml::idTagName, name);
    ebml::appendString(simple, ebml::idTagString, value);
    ebml::appendElement(tag, ebml::idSimpleTag, simple);
  }
  Bytes list;
  ebml::appendElement(list, ebml::idTag, tag);
  Bytes out;
  ebml::appendElement(out, ebml::idTags, list);
  return write(out);
}

Result<void> MkvFile::addCluster(std::uint64_t ticks, ByteView blocks,
                                 std::optional<std::uint64_t> cueTicks) {
  if (config_.cueTrack != 0 && cueTicks) {
    Bytes place;
    ebml::appendUint(place, ebml::idCueTrack, config_.cueTrack);
    ebml::appendUint(place, ebml::idCueClusterPosition, at_ - segmentBegin_);
    Bytes cue;
    ebml::appendUint(cue, ebml::idCueTime, *cueTicks);
    ebml::appendElement(cue, ebml::idCueTrackPositions, place);
    ebml::appendElement(cues_, ebml::idCuePoint, cue);
  }
  Bytes timecode;
  ebml::appendUint(timecode, ebml::idTimecode, ticks);
  Bytes head;
  ebml::appendId(head, ebml::idCluster);
  ebml::appendSize(head, timecode.size() + blocks.size());
  head.insert(head.end(), timecode.begin(), timecode.end());
  if (auto written = write(head); !written) return written;
  return write(blocks);
}

Result<void> MkvFile::finish(double durationTicks) {
  const std::uint64_t cuesAt = at_;
  const bool hasCues = !cues_.empty();
  if (hasCues) {
    Bytes cues;
    ebml::appendElement(cues, ebml::idCues, cues_);
    if (auto written = write(cues); !written) return written;
  }
  if (auto done = patch(segmentSizeAt_, eightByteSize(at_ - segmentBegin_)); !done) return done;
  if (auto done = patch(durationAt_, doubleBytes(durationTicks)); !done) return done;
  const std::uint64_t cuePosition = config_.cueTrack == 0 ? 0 : (hasCues ? cuesAt : infoAt_) - segmentBegin_;
  const Bytes seeks = seekHead(infoAt_ - segmentBegin_, tracksAt_ - segmentBegin_, cuePosition);
  if (auto done = patch(seekHeadAt_, seeks); !done) return done;
  if (::rename(part().c_str(), config_.path.c_str()) != 0) return failure(fileError("rename", part()));
  file_.close();
  return {};
}

Result<void> MkvFile::write(ByteView bytes) {
  at_ += bytes.size();
  return writeAll(file_.get(), bytes);
}

Result<void> MkvFile::patch(std::uint64_t at, ByteView bytes) {
  const auto written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
  if (written != static_cast<ssize_t>(bytes.size())) return failure(fileError("write", part()));
  return {};
}

}  // namespace kvslocal
