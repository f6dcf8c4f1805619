// SPDX-License-Identifier: Apache-2.0
#include "media/aac_program.h"

namespace kvs::media {
namespace {

/// Reads fields and passes them on.
class Fields {
 public:
  Fields(BitReader& reader, BitWriter* copy) : reader_(reader), copy_(copy) {}

  std::uint32_t bits(unsigned count) {
    const std::uint32_t value = reader_.bits(count);
    if (copy_) copy_->put(value, count);
    return value;
  }
  bool flag() { return bits(1) != 0; }
  void skip(unsigned times, unsigned count) {
    for (unsigned i = 0; i < times; ++i)
      bits(count);
  }
  void alignToByte() {
    reader_.alignToByte();
    if (copy_) copy_->alignToByte();
  }

 private:
  BitReader& reader_;
  BitWriter* copy_;
};

/// Single elements have one channel, pairs two.
unsigned readElements(Fields& fields, unsigned count) {
  unsigned channels = 0;
  for (unsigned i = 0; i < count; ++i) {
    channels += fields.flag() ? 2 : 1;
    fields.bits(4);  // tag
  }
  return channels;
}

}  // namespace

unsigned readProgramConfig(BitReader& reader, BitWriter* copy) {
  Fields fields(reader, copy);
  fields.bits(4 + 2 + 4);  // element_instance_tag, object_type, sampling_frequency_index
  const unsigned front = fields.bits(4), side = fields.bits(4), back = fields.bits(4);
  const unsigned lowFrequency = fields.bits(2);
  const unsigned data = fields.bits(3), coupling = fields.bits(4);
  if (fields.flag()) fields.bits(4);  // mono_mixdown
  if (fields.flag()) fields.bits(4);  // stereo_mixdown
  if (fields.flag()) fields.bits(3);  // matrix_mixdown
  const unsigned channels = readElements(fields, front + side + back) + lowFrequency;
  fields.skip(lowFrequency, 4);
  fields.skip(data, 4);
  fields.skip(coupling, 5);
  fields.alignToByte();
  fields.skip(fields.bits(8), 8);  // comment
  return reader.failed() ? 0 : channels;
}

}  // namespace kvs::media
