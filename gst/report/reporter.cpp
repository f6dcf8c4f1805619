// SPDX-License-Identifier: Apache-2.0
#include "report/reporter.h"

#include <utility>

#include "report/signals.h"

namespace kvs::gst {

void Reporter::postConnection(StructureRef state) {
  // Not a copy for the signal and another for the bus: a handler may keep its own.
  const StructureRef payload(gst_structure_copy(state.get()));
  post(std::move(state));
  emitConnectionState(element_, payload.get());
}

void Reporter::postFailure(ErrorCode code, const Error& error) {
  setErrorDetail(error.message);
  tasks.failed(error);
  postError(element_, code, error);
}

void Reporter::streamStarted(GstEvent* event) {
  guint id = 0;
  const bool hasId = gst_event_parse_group_id(event, &id) != FALSE;
  {
    const Lock lock(mutex_);
    if (hasId && groupId_ == id) return;  // for another pad of the group it was posted
    groupId_ = hasId ? std::optional<guint>(id) : std::nullopt;
  }
  GstMessage* message = gst_message_new_stream_start(GST_OBJECT(element_));
  gst_message_set_seqnum(message, gst_event_get_seqnum(event));
  if (hasId) gst_message_set_group_id(message, id);
  gst_element_post_message(element_, message);
}

void Reporter::streamEnded(guint32 seqnum) {
  GstMessage* message = gst_message_new_eos(GST_OBJECT(element_));
  gst_message_set_seqnum(message, seqnum);
  gst_element_post_message(element_, message);
}

void Reporter::setErrorDetail(const std::string& sentence) {
  const Lock lock(mutex_);
  errorDetail_ = sentence;
}

std::string Reporter::errorDetail() const {
  const Lock lock(mutex_);
  return errorDetail_;
}

void Reporter::reset() {
  tasks.reset();
  metrics.reset();
  playback.reset();
  const Lock lock(mutex_);
  errorDetail_.clear();
  groupId_.reset();
}

void Reporter::flush() {
  losses.flush();
  warnings.flush();
}

}  // namespace kvs::gst
