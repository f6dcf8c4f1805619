// SPDX-License-Identifier: Apache-2.0
#include "report/progress.h"

#include <utility>

namespace kvs::gst {

Progress::Step Progress::go(std::string text) {
  if (reported_) return step(GST_PROGRESS_TYPE_CONTINUE, std::move(text));
  if (!playing_) {
    unreported_ = std::move(text);
    return std::nullopt;
  }
  reported_ = true;
  return step(GST_PROGRESS_TYPE_START, std::move(text));
}

Progress::Step Progress::end(GstProgressType type, std::string text) {
  unreported_.reset();
  if (!std::exchange(reported_, false)) return std::nullopt;
  return step(type, std::move(text));
}

Progress::Step Progress::setPlaying(bool playing) {
  playing_ = playing;
  if (!playing || !unreported_) return std::nullopt;
  return go(*std::exchange(unreported_, std::nullopt));
}

void Progress::reset() {
  playing_ = reported_ = false;
  unreported_.reset();
}

void post(GstElement* element, const Progress::Step& step) {
  if (!step) return;
  gst_element_post_message(
      element, gst_message_new_progress(GST_OBJECT(element), step->type, step->code, step->text.c_str()));
}

}  // namespace kvs::gst
