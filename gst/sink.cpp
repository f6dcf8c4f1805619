// SPDX-License-Identifier: Apache-2.0
#include "sink.h"

#include <variant>

#include "logging/log_config.h"
#include "producer_factory.h"
#include "report/status_line.h"
#include "threads/after_fork.h"

namespace kvs::gst {

Sink::Sink(GstElement* element)
    : element_(element),
      executor_(std::make_shared<ElementExecutor>(element)),
      settings_(element),
      reporter_(element, executor_, [this] { return counts(); }),
      flow_(reporter_),
      end_(element, executor_, settings_, reporter_, flow_, tally_),
      metadata_(flow_, reporter_.warnings),
      pads_({element, settings_, reporter_, flow_, tally_, tracks_, end_, metadata_}) {}

Sink::~Sink() {
  executor_->close();
}

void Sink::setProperty(guint id, const GValue& value) {
  settings_.set(id, value);
  reporter_.metrics.setWanted(settings_.valueOf(&Settings::getKvsMetrics));
}

void Sink::getProperty(guint id, GValue& value) const {
  if (settings_.get(id, value)) return;
  const Slot& slot = properties()[id - 1].slot;
  if (std::holds_alternative<StatusSlot>(slot)) {
    g_value_set_string(&value, statusLine(counts().stream).c_str());
  } else if (std::holds_alternative<DetailSlot>(slot)) {
    g_value_set_string(&value, reporter_.errorDetail().c_str());
  } else if (std::holds_alternative<StatsSlot>(slot)) {
    g_value_take_boxed(&value, statsOf(counts()).release());
  }
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
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      pause();
      return chainUp(transition);
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      return close();
    case GST_STATE_CHANGE_READY_TO_NULL:
      stop();
      return chainUp(transition);
    default:
      return chainUp(transition);
  }
}

/// GstElement's own part of a state change.
GstStateChangeReturn Sink::chainUp(GstStateChange transition) {
  return GST_ELEMENT_CLASS(g_type_class_peek_static(GST_TYPE_ELEMENT))->change_state(element_, transition);
}

GstStateChangeReturn Sink::start() {
  reset();
  flow_.open();
  if (const auto opened = openStream(); !opened) {
    flow_.fail(opened.error());
    flow_.gate().close();
    return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result = chainUp(GST_STATE_CHANGE_READY_TO_PAUSED);
  if (result == GST_STATE_CHANGE_FAILURE) {
    flow_.gate().close();
    closeStream();
  }
  return result;
}

GstStateChangeReturn Sink::play() {
  const auto failure = flow_.failure();
  end_.setPlaying(!failure);
  if (failure) {
    // Said again, since what fails now is a second thing that was asked for. And gst-launch does not
    // hear an error that is posted before its main loop runs: it would wait for ever.
    postError(element_, failure->code, failure->error);
    return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result = chainUp(GST_STATE_CHANGE_PAUSED_TO_PLAYING);
  flow_.gate().play();
  reporter_.tasks.setPlaying(true);
  end_.post();
  return result;
}

void Sink::pause() {
  flow_.gate().pause();
  reporter_.tasks.setPlaying(false);
  end_.setPlaying(false);
}

GstStateChangeReturn Sink::close() {
  flow_.close();
  const GstStateChangeReturn result = chainUp(GST_STATE_CHANGE_PAUSED_TO_READY);
  closeStream();
  return result;
}

void Sink::stop() {
  executor_->close();
  reporter_.losses.reset();
  Opening former;  // its stream is destroyed without the lock
  const Lock lock(mutex_);
  std::swap(former, former_);
}

void Sink::reset() {
  pads_.reset();
  tally_.reset();
  reporter_.reset();
  end_.reset();
}

Result<void> Sink::openStream() {
  const Settings settings = settings_.copy();
  auto opening = makeStream(settings);
  if (!opening) return fail(std::move(opening.error()));
  tracks_.open(*opening->stream);
  flow_.setStream(opening->stream);
  {
    const Lock lock(mutex_);
    opening_ = std::move(*opening);
  }
  for (const auto& [name, value] : settings.metadata)
    metadata_.add({name, value}, true);
  for (const Error& warning : warningsOn(settings))
    reporter_.warnings.add(warning);
  return {};
}

Result<Sink::Opening> Sink::makeStream(const Settings& settings) {
  ProducerConfig config = producerConfig(settings);
  config.executor = executor_;
  config.log = openLog(settings);
  auto wanted = streamConfig(settings);
  if (!wanted) return fail(std::move(wanted.error()));
  auto producer = makeProducer(std::move(config));
  if (!producer) return fail(std::move(producer.error()));
  Opening former;  // its stream is destroyed without the lock
  {
    const Lock lock(mutex_);
    former = std::exchange(former_, {});
  }
  StreamOwner& owner = *this;
  auto listener = std::make_shared<Listener>(reporter_, element_, owner);
  auto stream = (*producer)->createStream(std::move(*wanted), listener);
  if (!stream) return fail(std::move(stream.error()));
  return Opening{std::move(listener), std::move(*producer), std::move(*stream)};
}

std::shared_ptr<LogSink> Sink::openLog(const Settings& settings) {
  return logOf(settings.logConfig,
               [executor = executor_, &warnings = reporter_.warnings](const Error& error) {
                 executor->post([&warnings, error] { warnings.add(error); });
               });
}

void Sink::closeStream() {
  Opening opening;
  {
    const Lock lock(mutex_);
    opening = opening_;
  }
  if (!opening.stream) return;
  end_.finish(*opening.stream);
  opening.stream->stop();
  reporter_.flush();
  opening.listener->retire();
  tracks_.close();
  flow_.setStream(nullptr);
  const Lock lock(mutex_);
  former_ = std::exchange(opening_, {});
}

Counts Sink::counts() const {
  Opening opening;
  {
    const Lock lock(mutex_);
    opening = opening_.stream ? opening_ : former_;
  }
  Counts counts;
  if (opening.stream) counts.stream = opening.stream->stats();
  if (opening.producer) counts.producer = opening.producer->stats();
  counts.framesClipped = tally_.framesClipped();
  return counts;
}

}  // namespace kvs::gst
