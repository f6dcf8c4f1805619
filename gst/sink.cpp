// SPDX-License-Identifier: Apache-2.0
#include "sink.h"

#include <utility>

#include "kvssink.h"
#include "log_config.h"
#include "producer_factory.h"
#include "properties.h"
#include "sink_pad.h"
#include "structures.h"

namespace kvs::gst {

namespace {

// GStreamer's object lock, which guards the settings (RULES 5: it comes before all of the core's).
class ObjectLock {
 public:
  explicit ObjectLock(GstElement* element) : element_(element) { GST_OBJECT_LOCK(element_); }
  ~ObjectLock() { GST_OBJECT_UNLOCK(element_); }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;

 private:
  GstElement* const element_;
};

}  // namespace

Sink::Sink(GstElement* element)
    : element_(element),
      weak_(std::make_shared<WeakElement>(element)),
      executor_(std::make_shared<CallAsyncExecutor>(weak_)),
      settings_(defaultSettings()) {}

Sink::~Sink() {
  executor_->close();
}

void Sink::setProperty(guint id, const GValue& value) {
  const ObjectLock lock(element_);
  kvs::gst::setProperty(settings_, id, value);
}

void Sink::getProperty(guint id, GValue& value) {
  {
    const ObjectLock lock(element_);
    if (kvs::gst::getProperty(settings_, id, value)) return;
  }
  g_value_take_boxed(&value, stats().release());
}

Settings Sink::settings() const {
  const ObjectLock lock(element_);
  return settings_;
}

std::shared_ptr<Stream> Sink::stream() const {
  const std::lock_guard lock(mutex_);
  return session_.stream;
}

StructureRef Sink::stats() const {
  Session session;
  {
    const std::lock_guard lock(mutex_);
    session = session_.stream ? session_ : former_;
  }
  StructureRef stats = session.stream ? structureOf(session.stream->stats(), session.producer->stats())
                                      : structureOf(StreamStats{}, ProducerStats{});
  gst_structure_set(stats.get(), "frames-clipped", G_TYPE_UINT64, static_cast<guint64>(clipped_), nullptr);
  return stats;
}

GstStateChangeReturn Sink::changeState(GstStateChange transition) {
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      executor_->open();
      return chainUp(transition);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return start();
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      return play();
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED: {
      gate_.pause();
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
      if (const ElementRef element = weak->lock()) postWarning(element.get(), error);
    });
  });
  auto wanted = streamConfig(settings);
  if (!wanted) return kvs::fail(std::move(wanted.error()));
  auto producer = makeProducer(std::move(config));
  if (!producer) return kvs::fail(std::move(producer.error()));

  // Known before the stream is: its first events may come at once.
  const auto reporter = std::make_shared<Reporter>(weak_);
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
  for (const auto& [name, value] : settings().metadata)
    addMetadata({name, value}, true);
}

void Sink::resetPads() {
  for (const PadRef& pad : pads()) {
    gate_.reset(SinkPad::of(pad.get()).place());
    SinkPad::of(pad.get()).reset();
  }
  clipped_ = 0;
  const std::lock_guard lock(mutex_);
  tracks_.reset();
  playback_.reset();
  failure_.reset();
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
  if (!reached && !gate_.hasFailed()) {
    const Milliseconds timeout = Seconds(settings().stopStreamTimeout);
    const bool drained = timeout.count() > 0 && session.stream->drain(timeout);
    if (!drained && !gate_.hasFailed()) tellLeftBehind(*session.stream);
  }
  session.stream->stop();
  session.reporter->tellLosses();
  const std::lock_guard lock(mutex_);
  former_ = std::exchange(session_, {});
}

void Sink::tellLeftBehind(Stream& stream) {
  const StreamStats stats = stream.stats();
  if (stats.bytesBuffered == 0) return;
  const auto milliseconds = std::chrono::duration_cast<Milliseconds>(stats.durationBuffered).count();
  std::string sentence = "The service has not stored the last " + std::to_string(milliseconds) + " ms (" +
                         std::to_string(stats.bytesBuffered) + " bytes) of stream " + stream.name() +
                         ", and the wait for it is over (stop-stream-timeout).";
  if (!stats.lastError.empty()) sentence += " Last trouble: " + stats.lastError;
  postWarning(element_, {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE},
              elementError(StatusCode::lastPersistedAckNotReceived, sentence));
}

void Sink::fail(ErrorCode code, const Error& error) {
  if (!gate_.claimFailure()) return gate_.awaitFailed();
  {
    const std::lock_guard lock(mutex_);
    failure_ = Failure{code, error};
  }
  postError(element_, code, error);
  gate_.failed();
}

bool Sink::isCurrent(const Reporter& reporter) const {
  const std::lock_guard lock(mutex_);
  return session_.reporter.get() == &reporter;
}

void Sink::streamFailed(const Reporter& reporter, const Error& error) {
  if (isCurrent(reporter)) fail(error);
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

void Sink::frameAccepted(GstClockTime streamTime) {
  const std::lock_guard lock(mutex_);
  position_ = streamTime;
}

}  // namespace kvs::gst
