// SPDX-License-Identifier: Apache-2.0
// The beginning and the end of the stream as the bus hears them.
#include "logging/log_sink.h"
#include "sink.h"

namespace kvs::gst {

void Sink::streamStarted(GstEvent* event) {
  guint id = 0;
  const bool hasId = gst_event_parse_group_id(event, &id) != FALSE;
  {
    const std::lock_guard lock(mutex_);
    if (hasId && groupId_ == id) return;  // another pad of the group has told
    groupId_ = hasId ? std::optional<guint>(id) : std::nullopt;
  }
  GstMessage* message = gst_message_new_stream_start(GST_OBJECT(element_));
  gst_message_set_seqnum(message, gst_event_get_seqnum(event));
  if (hasId) gst_message_set_group_id(message, id);
  gst_element_post_message(element_, message);
}

void Sink::padEnded(GstPad* pad, guint32 seqnum) {
  {
    const std::lock_guard lock(mutex_);
    eos_.end(pad, seqnum);
  }
  const auto stream = this->stream();
  const auto number = numberOf(pad);
  if (stream && number) stream->endTrack(*number);  // the others go on, and nothing waits for it
  beginEos();
}

void Sink::padRestarted(GstPad* pad) {
  {
    const std::lock_guard lock(mutex_);
    eos_.restart(pad);
    eosDeadline_.cancel();
  }
  announcer_->drained(GST_PROGRESS_TYPE_CANCELED, "the stream goes on");
}

void Sink::beginEos() {
  const Nanoseconds timeout = Seconds(settings().stopStreamTimeout);
  std::shared_ptr<Stream> stream;
  std::function<void()> timedOut;
  {
    const std::lock_guard lock(mutex_);
    const auto generation = eos_.begin();
    if (!generation) return;
    stream = session_.stream;
    timedOut = [executor = executor_, weak = weak_, generation = *generation] {
      executor->post([weak, generation] {
        if (const ElementRef element = weak->lock()) sinkOf(element.get()).eosTimedOut(generation);
      });
    };
    if (timeout.count() > 0) eosDeadline_.start(timeout, timedOut);
  }
  GST_CAT_INFO_OBJECT(elementCategory(), element_, "end of stream: sending what is left");
  announcer_->draining("end of stream: sending what is left");
  if (stream) stream->endOfStream();
  if (timeout.count() == 0) timedOut();
}

void Sink::streamDrained(const Reporter& reporter) {
  if (!isCurrent(reporter)) return;
  // A drain that was overtaken by new frames may still be told of: what counts is that nothing is left.
  const auto stream = this->stream();
  if (!stream || stream->stats().bytesBuffered > 0) return;
  {
    const std::lock_guard lock(mutex_);
    if (!eos_.finish(eos_.generation())) return;
    eosDeadline_.cancel();
  }
  if (failIfNothingWasStored(*stream)) return;
  announcer_->drained(GST_PROGRESS_TYPE_COMPLETE, "all is stored");
  postEos();
}

/// Where media came and none of it was stored.
std::optional<Error> Sink::failureToStore(const Stream& stream) {
  RefusedFrames refused;
  {
    const std::lock_guard lock(mutex_);
    refused = refused_;
  }
  return failureOf(stream.stats(), refused);
}

/// An end of the stream says that what came is stored. Where all of it was refused, an error says why.
bool Sink::failIfNothingWasStored(const Stream& stream) {
  const auto failure = failureToStore(stream);
  if (!failure) return false;
  announcer_->drained(GST_PROGRESS_TYPE_ERROR, "nothing was stored");
  fail(*failure);
  return true;
}

void Sink::eosTimedOut(Eos::Generation generation) {
  std::shared_ptr<Stream> stream;
  {
    const std::lock_guard lock(mutex_);
    if (!eos_.finish(generation)) return;
    stream = session_.stream;
  }
  if (gate_.hasFailed()) return;
  // What is still on its way may yet be stored; a stream into which nothing went is over.
  const bool isEmpty = stream && stream->stats().bytesBuffered == 0;
  if (isEmpty && failIfNothingWasStored(*stream)) return;
  announcer_->drained(GST_PROGRESS_TYPE_ERROR, "stop-stream-timeout has passed");
  if (stream) tellLeftBehind(*stream);
  postEos();
}

void Sink::postEos() {
  if (gate_.hasFailed()) return;  // the error was the last word
  std::optional<Eos::Seqnum> seqnum;
  {
    const std::lock_guard lock(mutex_);
    seqnum = eos_.takeMessage();
  }
  if (!seqnum) return;
  GstMessage* message = gst_message_new_eos(GST_OBJECT(element_));
  gst_message_set_seqnum(message, *seqnum);
  gst_element_post_message(element_, message);
}

}  // namespace kvs::gst
