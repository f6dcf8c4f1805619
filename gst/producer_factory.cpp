// SPDX-License-Identifier: Apache-2.0
#include "producer_factory.h"

namespace kvs::gst {

Result<std::shared_ptr<Producer>> makeProducer(ProducerConfig config) {
  return Producer::create(std::move(config));
}

}  // namespace kvs::gst
