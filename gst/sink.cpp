// SPDX-License-Identifier: Apache-2.0
#include "sink.h"

#include <utility>

#include "kvssink.h"
#include "logging/log_config.h"
#include "pads/sink_pad.h"
#include "producer_factory.h"
#include "report/status_line.h"
#include "settings/properties.h"
#include "threads/after_fork.h"

namespace kvs::gst {

Sink::Sink(GstElement* element)
    : element_(element),
      weak_(std::make_shared<WeakElement>(element)),
      executor_(std::make_shared<CallAsyncExecutor>(weak_)),
      announcer_(std::make_shared<Announcer>(weak_, executor_)),
      settings_(defaultSettings()) {}

Sink::~Sink() {
  executor_->close();
}

void Sink::setProperty(guint id, const GValue& value) {
  const ObjectLock lock(element_);
  kvs::gst::setProperty(settings_, id, value);
  metricsWanted_ = settings_.getKvsMetrics;
}

void Sink::getProperty(guint id, GValue& value) {
  {
    const ObjectLock lock(element_);
    if (kvs::gst::getProperty(settings_, id, value)) return;
  }
  if (std::holds_alternative<StatusSlot>(properties()[id - 1].slot)) {
    return g_value_set_string(&value, statusLine(counts().stream).c_str());
  }
  if (G_VALUE_HOLDS_STRING(&value)) {
    const std::lock_guard lock(mutex_);
    return g_value_set_string(&value, errorDetail_.c_str());
  }
  g_value_take_boxed(&value, statsOf(counts()).release());
}

Settings Sink::settings() const {
  const ObjectLock lock(element_);
  return settings_;
}

std::shared_ptr<Stream> Sink::stream() const {
  const std::lock_guard lock(mutex_);
  return session_.stream;
}

GstStateChangeReturn Sink::changeState(GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      forgetLostThreads();  // before the pipeline's other elements want streaming threads
      executor_->open();
      return chainUp(transition);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return start();
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      return play();
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED: {
      gate_.pause();
      announcer_->setPlaying(false);
      const std::lock_guard lock(mutex_);
      eos_.setPlaying(false);
      break;
    }
    case GST_STATE_CHANGE_PAUSED_TO_READY: {
      gate_.close();
      interrupt();
      const GstStateChangeReturn result = chainUp(transition);
      closeSession();
      return result;
    }
    case GST_STATE_CHANGE_READY_TO_NULL:
      stop();
      break;
    default:
      break;
  }
  return chainUp(transition);
}

GstStateChangeReturn Sink::chainUp(GstStateChange transition) {
  return gst_kvs_sink_parent_change_state(element_, transition);
}

GstStateChangeReturn Sink::start() {
  if (const auto opened = openSession(); !opened) {
    fail(opened.error());
    gate_.close();
    return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result = chainUp(GST_STATE_CHANGE_READY_TO_PAUSED);
  if (result == GST_STATE_CHANGE_FAILURE) {
    gate_.close();
    closeSession();
  }
  return result;
}

GstStateChangeReturn Sink::play() {
  std::optional<Failure> failure;
  {
    const std::lock_guard lock(mutex_);
    failure = failure_;
    eos_.setPlaying(!failure);
  }
  if (failure) {
    // Said again, since what fails now is a second thing that was asked for. And gst-launch does not
    // hear an error that is posted before its main loop runs: it would wait for ever.
    postError(element_, failure->code, failure->error);
    return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result = chainUp(GST_STATE_CHANGE_PAUSED_TO_PLAYING);
  gate_.play();
  announcer_->setPlaying(true);
  postEos();
  return result;
}

void Sink::stop() {
  executor_->close();
  Session former;  // its stream is destroyed without the lock
  const std::lock_guard lock(mutex_);
  std::swap(former, former_);
}

Result<void> Sink::openSession() {
  resetPads();
  gate_.open();
  Settings settings = this->settings();
  ProducerConfig config = producerConfig(settings);
  config.executor = executor_;
  config.log = logOf(settings.logConfig, [executor = executor_, weak = weak_](const Error& error) {
    executor->post([weak, error] {
      if (const ElementRef element = weak->lock()) sinkOf(element.get()).announcer().warn(error);
    });
  });
  auto wanted = streamConfig(settings);
  if (!wanted) return kvs::fail(std::move(wanted.error()));
  auto producer = makeProducer(std::move(config));
  if (!producer) return kvs::fail(std::move(producer.error()));

  // Known before the stream is: its first events may come at once.
  const auto reporter = std::make_shared<Reporter>(weak_, executor_);
  Session former;
  {
    const std::lock_guard lock(mutex_);
    former = std::exchange(former_, {});
    session_.reporter = reporter;
  }
  auto stream = (*producer)->createStream(std::move(*wanted), reporter);
  {
    const std::lock_guard lock(mutex_);
    if (!stream) {
      session_ = {};
      return kvs::fail(std::move(stream.error()));
    }
    session_.producer = std::move(*producer);
    session_.stream = std::move(*stream);
  }
  beginSession();
  return {};
}

// What the stream has to know before its first frame.
void Sink::beginSession() {
  Tracks::Change tracks;
  {
    const std::lock_guard lock(mutex_);
    tracks.expected = tracks_.unsettled();
  }
  tellTracks(tracks);
  const Settings settings = this->settings();
  for (const auto& [name, value] : settings.metadata)
    addMetadata({name, value}, true);
  for (const Error& warning : warningsOn(settings))
    announcer_->warn(warning);
}

void Sink::resetPads() {
  for (const PadRef& pad : pads()) {
    gate_.reset(SinkPad::of(pad.get()).place());
    SinkPad::of(pad.get()).reset();
  }
  clipped_ = 0;
  announcer_->reset();
  const std::lock_guard lock(mutex_);
  tracks_.reset();
  playback_.reset();
  failure_.reset();
  errorDetail_.clear();
  refused_ = {};
  eos_.reset();
  groupId_.reset();
  position_ = GST_CLOCK_TIME_NONE;
}

void Sink::closeSession() {
  Session session;
  bool reached = false;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
    reached = eos_.reached();
    eosDeadline_.cancel();
  }
  if (!session.stream) return;
  if (!reached && !gate_.hasFailed()) drainBeforeReady(*session.stream);
  session.stream->stop();
  session.reporter->tellLosses();
  announcer_->flush();
  const std::lock_guard lock(mutex_);
  former_ = std::exchange(session_, {});
}

void Sink::drainBeforeReady(Stream& stream) {
  const Milliseconds timeout = Seconds(settings().stopStreamTimeout);
  announcer_->setPlaying(true);  // whoever stops us is past waiting for the beginning
  announcer_->draining("sending what is left of stream " + stream.name());
  const bool drained = timeout.count() > 0 && stream.drain(timeout);
  if (drained || stream.stats().bytesBuffered == 0) {
    if (failureToStore(stream)) return announcer_->drained(GST_PROGRESS_TYPE_ERROR, "nothing was stored");
    return announcer_->drained(GST_PROGRESS_TYPE_COMPLETE, "all is stored");
  }
  announcer_->drained(GST_PROGRESS_TYPE_ERROR, "not everything was stored before the wait for it ended");
  if (!gate_.hasFailed()) tellLeftBehind(stream);
}

void Sink::tellLeftBehind(Stream& stream) {
  const StreamStats stats = stream.stats();
  if (stats.bytesBuffered == 0) return;
  const auto milliseconds = std::chrono::duration_cast<Milliseconds>(stats.durationBuffered).count();
  std::string sentence = "The service had not stored the last " + std::to_string(milliseconds) + " ms (" +
                         std::to_string(stats.bytesBuffered) + " bytes) of stream " + stream.name() +
                         " when the wait for it ended (stop-stream-timeout).";
  if (!stats.lastError.empty()) sentence += " Last error: " + stats.lastError;
  announcer_->warn({GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE},
                   elementError(StatusCode::lastPersistedAckNotReceived, sentence));
}

void Sink::fail(ErrorCode code, const Error& error) {
  const auto opening = gate_.claimFailure();
  if (!opening) return gate_.awaitFailed();
  const auto stream = this->stream();
  {
    const std::lock_guard lock(mutex_);
    failure_ = Failure{code, error};
    errorDetail_ = error.message;
  }
  announcer_->connectionFailed(error);
  postError(element_, code, error);
  const std::lock_guard order(interruptMutex_);
  if (gate_.failed(*opening) && stream) stream->interrupt(true);  // who waits for another pad waits in vain
}

void Sink::interrupt() {
  const std::lock_guard order(interruptMutex_);
  const auto stream = this->stream();
  if (gate_.interrupt() && stream) stream->interrupt(true);
}

void Sink::endInterrupt() {
  const std::lock_guard order(interruptMutex_);
  const auto stream = this->stream();
  if (gate_.endInterrupt() && stream) stream->interrupt(false);
}

void Sink::frameRefused(const Error& error) {
  const std::lock_guard lock(mutex_);
  ++refused_.count;
  refused_.last = error;
}

void Sink::frameAccepted(GstClockTime streamTime) {
  const std::lock_guard lock(mutex_);
  position_ = streamTime;
}

}  // namespace kvs::gst
