// SPDX-License-Identifier: Apache-2.0
#include "pads/end_of_stream.h"

#include <functional>
#include <string>
#include <utility>

#include "logging/log_sink.h"
#include "pads/outcome.h"

namespace kvs::gst {

EndOfStream::EndOfStream(GstElement* element, std::shared_ptr<ElementExecutor> executor,
                         const ElementSettings& settings, Reporter& reporter, Flow& flow,
                         const FrameTally& tally)
    : element_(element),
      executor_(executor),
      settings_(settings),
      reporter_(reporter),
      flow_(flow),
      tally_(tally),
      deadline_(std::move(executor)) {}

void EndOfStream::addPad(GstPad* pad) {
  const Lock lock(mutex_);
  eos_.addPad(pad);
}

void EndOfStream::removePad(GstPad* pad) {
  const Lock lock(mutex_);
  eos_.removePad(pad);
}

void EndOfStream::padEnded(GstPad* pad, guint32 seqnum) {
  {
    const Lock lock(mutex_);
    eos_.end(pad, seqnum);
  }
  begin();
}

void EndOfStream::padRestarted(GstPad* pad) {
  {
    const Lock lock(mutex_);
    eos_.restart(pad);
    deadline_.cancel();
  }
  reporter_.tasks.drained(GST_PROGRESS_TYPE_CANCELED, "the stream goes on");
}

void EndOfStream::begin() {
  const Seconds timeout(settings_.valueOf(&Settings::stopStreamTimeout));
  std::function<void()> timeIsUp;
  {
    const Lock lock(mutex_);
    const auto generation = eos_.begin();
    if (!generation) return;
    timeIsUp = [this, generation = *generation] { timedOut(generation); };
    if (timeout.count() > 0) deadline_.start(timeout, timeIsUp);
  }
  GST_CAT_INFO_OBJECT(elementCategory(), element_, "end of stream: sending what is left");
  reporter_.tasks.draining("end of stream: sending what is left");
  if (const auto stream = flow_.stream()) stream->endOfStream();
  if (timeout.count() == 0) executor_->post(timeIsUp);
}

void EndOfStream::drained() {
  // A drain that was overtaken by new frames may still be reported: what counts is that nothing is left.
  const auto stream = flow_.stream();
  if (!stream || stream->stats().bytesBuffered > 0) return;
  {
    const Lock lock(mutex_);
    if (!eos_.finish(eos_.generation())) return;
    deadline_.cancel();
  }
  if (failIfNothingWasStored(*stream)) return;
  reporter_.tasks.drained(GST_PROGRESS_TYPE_COMPLETE, "all is stored");
  post();
}

void EndOfStream::timedOut(Eos::Generation generation) {
  {
    const Lock lock(mutex_);
    if (!eos_.finish(generation)) return;
  }
  if (flow_.hasFailed()) return;
  // What is still on its way may yet be stored; a stream into which nothing went is over.
  const auto stream = flow_.stream();
  const bool isEmpty = stream && stream->stats().bytesBuffered == 0;
  if (isEmpty && failIfNothingWasStored(*stream)) return;
  reporter_.tasks.drained(GST_PROGRESS_TYPE_ERROR, "stop-stream-timeout has passed");
  if (stream) warnOfRest(*stream);
  post();
}

/// Where media came and none of it was stored.
std::optional<Error> EndOfStream::failureToStore(const Stream& stream) const {
  return failureOf(stream.stats(), tally_.framesRefused());
}

/// An end of the stream says that what came is stored. Where all of it was refused, an error says why.
bool EndOfStream::failIfNothingWasStored(const Stream& stream) {
  const auto failure = failureToStore(stream);
  if (!failure) return false;
  reporter_.tasks.drained(GST_PROGRESS_TYPE_ERROR, "nothing was stored");
  flow_.fail(*failure);
  return true;
}

void EndOfStream::warnOfRest(Stream& stream) {
  const StreamStats stats = stream.stats();
  if (stats.bytesBuffered == 0) return;
  const auto milliseconds = std::chrono::duration_cast<Milliseconds>(stats.durationBuffered).count();
  std::string sentence = "The service had not stored the last " + std::to_string(milliseconds) + " ms (" +
                         std::to_string(stats.bytesBuffered) + " bytes) of stream " + stream.name() +
                         " when the wait for it ended (stop-stream-timeout).";
  if (!stats.lastError.empty()) sentence += " Last error: " + stats.lastError;
  reporter_.warnings.add({GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE},
                         elementError(StatusCode::lastPersistedAckNotReceived, sentence));
}

void EndOfStream::reset() {
  const Lock lock(mutex_);
  eos_.reset();
}

void EndOfStream::setPlaying(bool playing) {
  const Lock lock(mutex_);
  eos_.setPlaying(playing);
}

void EndOfStream::post() {
  if (flow_.hasFailed()) return;  // the error was the last word
  std::optional<Eos::Seqnum> seqnum;
  {
    const Lock lock(mutex_);
    seqnum = eos_.takeMessage();
  }
  if (seqnum) reporter_.streamEnded(*seqnum);
}

void EndOfStream::finish(Stream& stream) {
  bool reached = false;
  {
    const Lock lock(mutex_);
    reached = eos_.reached();
    deadline_.cancel();
  }
  if (!reached && !flow_.hasFailed()) drain(stream);
}

void EndOfStream::drain(Stream& stream) {
  const Milliseconds timeout = Seconds(settings_.valueOf(&Settings::stopStreamTimeout));
  reporter_.tasks.setPlaying(true);  // whoever stops us is past waiting for the beginning
  reporter_.tasks.draining("sending what is left of stream " + stream.name());
  const bool drained = timeout.count() > 0 && stream.drain(timeout);
  if (drained || stream.stats().bytesBuffered == 0) {
    if (failureToStore(stream)) return reporter_.tasks.drained(GST_PROGRESS_TYPE_ERROR, "nothing was stored");
    return reporter_.tasks.drained(GST_PROGRESS_TYPE_COMPLETE, "all is stored");
  }
  reporter_.tasks.drained(GST_PROGRESS_TYPE_ERROR, "not everything was stored before the wait for it ended");
  if (!flow_.hasFailed()) warnOfRest(stream);
}

}  // namespace kvs::gst
