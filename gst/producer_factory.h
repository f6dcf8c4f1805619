// SPDX-License-Identifier: Apache-2.0
// The one place where the element gets its Producer: the plugin links the core's, the element's tests
// link their own.
#pragma once

#include <memory>

#include "producer.h"

namespace kvs::gst {

Result<std::shared_ptr<Producer>> makeProducer(ProducerConfig config);

}  // namespace kvs::gst
