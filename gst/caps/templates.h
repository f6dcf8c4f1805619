// SPDX-License-Identifier: Apache-2.0
// What the pads take, for their templates. Each stands in the file that reads such caps. None is ANY, which
// gst_element_link() would choose for everything.
#pragma once

namespace kvs::gst {

extern const char* const videoCaps;
extern const char* const audioCaps;
extern const char* const dataCaps;

}  // namespace kvs::gst
