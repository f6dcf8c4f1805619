// SPDX-License-Identifier: Apache-2.0
// The network and the control plane; the sessions stand in fake_session.cpp.
#include "fake_service.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "fake_service_impl.h"

namespace kvs::test {

namespace {

constexpr std::size_t mostInAPiece = 16 * 1024;
constexpr Seconds userTimeout{20};  // TCP_USER_TIMEOUT

Error networkError(std::string message) {
  return {StatusCode::unknown, ErrorKind::retryable, std::move(message)};
}

std::string httpDate(WallTime time) {
  const std::time_t seconds = std::chrono::floor<Seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// By x-amz-date, "20261121T101500Z".
WallTime signedAt(const net::Request& request) {
  const std::string text(net::findHeader(request.headers, "x-amz-date"));
  std::tm parts{};
  if (!strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts)) return WallTime::min();
  return WallTime(Seconds(timegm(&parts)));
}

std::string operationOf(const std::string& url) {
  return url.substr(url.find_last_of('/') + 1);
}

std::string streamOf(const net::Request& request) {
  if (request.source) return std::string(net::findHeader(request.headers, "x-amzn-stream-name"));
  const auto json = nlohmann::json::parse(request.body, nullptr, false);
  if (json.contains("StreamName")) return json["StreamName"];
  const std::string arn = json.value("StreamARN", "");
  return arn.substr(arn.find_last_of('/') + 1);
}

}  // namespace

/// What the producer holds of an exchange.
class FakeService::ClientEnd final : public net::Exchange {
 public:
  ClientEnd(FakeService& service, std::shared_ptr<Wire> wire)
      : service_(service), alive_(service.alive_), wire_(std::move(wire)) {}
  ~ClientEnd() override {
    wire_->listener = nullptr;
    wire_->source = nullptr;
    if (*alive_) service_.clientGone(wire_);
  }

  void resume() override {
    if (!wire_->connected || !wire_->waiting) return;
    wire_->waiting = false;
    if (service_.options_.readInsideResume) {
      const bool before = std::exchange(service_.resuming_, true);  // nothing is heard from inside it
      service_.pump(wire_);
      service_.resuming_ = before;
      return;
    }
    service_.after(Nanoseconds{0}, [&service = service_, wire = wire_] { service.pump(wire); });
  }
  std::uint64_t bytesSent() const override { return wire_->bytesSent; }
  void holdAnswer() override {}  // answers are short here
  void resumeAnswer() override {}

 private:
  FakeService& service_;
  std::shared_ptr<bool> alive_;
  std::shared_ptr<Wire> wire_;
};

FakeService::FakeService(net::Loop& loop, const Clock& clock, std::uint64_t seed, FakeServiceOptions options)
    : loop_(loop),
      clock_(clock),
      random_(seed),
      shuffle_(seed + 1),
      options_(options),
      serverOffset_(clock.wallNow().time_since_epoch() - clock.now().time_since_epoch() +
                    options.clockAhead.value_or(Seconds(0))) {}

FakeService::~FakeService() {
  *alive_ = false;
}

void FakeService::expect(bool condition, const std::string& what) {
  if (!condition) violations_.push_back(what);
}

unsigned FakeService::calls(const std::string& operation) const {
  const auto it = calls_.find(operation);
  return it == calls_.end() ? 0 : it->second;
}

void FakeService::after(Nanoseconds delay, std::function<void()> task) {
  const auto entry = agenda_.try_emplace({clock_.now() + delay, ++planned_}, std::move(task)).first;
  loop_.at(entry->first.first, [this, alive = alive_, key = entry->first] {
    if (!*alive) return;
    if (auto due = agenda_.extract(key)) due.mapped()();
  });
}

void FakeService::afterByTheClock(Nanoseconds delay, std::function<void()> task) {
  loop_.at(clock_.now() + delay, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

/// A pass of the loop takes its time, and the line is quick: what would come within `time` comes in this
/// pass. Not from inside a call of the producer, who is not called back there.
void FakeService::runAhead(Nanoseconds time) {
  if (resuming_ || std::exchange(runsAhead_, true)) return;
  const TimePoint end = clock_.now() + time;
  while (!agenda_.empty() && agenda_.begin()->first.first <= end)
    agenda_.extract(agenda_.begin()).mapped()();
  runsAhead_ = false;
}

// --- connections ---

std::unique_ptr<net::Exchange> FakeService::start(net::Request request, net::ExchangeListener& listener) {
  auto wire = std::make_shared<Wire>();
  wire->operation = operationOf(request.url);
  wire->request = std::move(request);
  wire->listener = &listener;
  wire->source = wire->request.source;
  std::erase_if(wires_, [](const auto& weak) { return weak.expired(); });
  wires_.push_back(wire);
  ++calls_[wire->operation];
  if (wire->source) {
    wire->stream = streamOf(wire->request);
    expect(++clientUploads_[wire->stream] == 1, "two sessions of " + wire->stream + " overlap");
  }
  if (network.refuse) {
    after(network.latency, [this, wire] { failClient(wire, "connection refused"); });
  } else if (network.blackhole || network.swallow) {
    afterByTheClock(wire->request.connectTimeout, [this, wire] { failClient(wire, "connect timed out"); });
  } else {
    after(2 * network.latency, [this, wire] { connect(wire); });
  }
  return std::make_unique<ClientEnd>(*this, std::move(wire));
}

void FakeService::connect(const std::shared_ptr<Wire>& wire) {
  if (!wire->listener) return;
  if (network.refuse) return failClient(wire, "connection refused");
  if (wire->request.prepare) {
    if (const auto prepared = wire->request.prepare(wire->request); !prepared) {
      wire->dead = true;
      return wire->listener->onEnd(fail(prepared.error()));
    }
  }
  wire->connected = true;
  if (wire->request.profile == net::Profile::call) {
    afterByTheClock(wire->request.totalTimeout, [this, wire] { failClient(wire, "the call timed out"); });
  }
  pass(wire, [this, wire] { wire->source ? openUpload(wire) : answerCall(wire); });
  if (wire->source) pump(wire);
}

/// Runs `task` at the other end: after the line's latency; out of a black hole when it closes.
void FakeService::pass(const std::shared_ptr<Wire>& wire, std::function<void()> task) {
  if (wire->doomed) return;
  after(network.latency, [this, wire, task = std::move(task)]() mutable {
    if (wire->doomed) return;
    if (network.blackhole || !held_.empty()) {  // nothing overtakes what is held
      held_.push_back(std::move(task));
    } else {
      task();
    }
  });
}

void FakeService::toClient(const std::shared_ptr<Wire>& wire, std::function<void()> task) {
  pass(wire, [this, wire, task = std::move(task)] {
    wire->inbox.push_back(task);
    if (wire->inboxHeld) return;
    if (!once(4)) return deliver(wire);
    wire->inboxHeld = true;
    after(shuffle_.upTo(Milliseconds(50)), [this, wire] {
      wire->inboxHeld = false;
      deliver(wire);
    });
  });
}

/// What is there is read in one pass, and the body may be read before it or behind it.
void FakeService::deliver(const std::shared_ptr<Wire>& wire) {
  if (once(4)) pump(wire);
  while (!wire->inbox.empty()) {
    const auto task = std::move(wire->inbox.front());
    wire->inbox.pop_front();
    if (wire->listener && !wire->dead) task();
  }
  if (once(4)) pump(wire);
}

void FakeService::failClient(const std::shared_ptr<Wire>& wire, const std::string& why) {
  if (!wire->listener || wire->dead) return;
  wire->dead = true;
  wire->listener->onEnd(fail(networkError(why)));
}

void FakeService::setBlackhole(bool on) {
  network.blackhole = on;
  if (!on) {
    after(Nanoseconds{0}, [this] { release(); });
    return;
  }
  for (const auto& weak : wires_) {
    if (const auto wire = weak.lock()) giveUpIfStuck(wire);
  }
}

void FakeService::release() {
  while (!held_.empty() && !network.blackhole) {
    const auto task = std::move(held_.front());
    task();
    held_.pop_front();
  }
}

/// The kernel drops a connection whose bytes nobody has acknowledged for 20 s.
void FakeService::giveUpIfStuck(const std::shared_ptr<Wire>& wire) {
  if (!wire->listener || wire->inFlight == 0 || std::exchange(wire->stuckWatched, true)) return;
  const std::uint64_t before = wire->delivered;
  afterByTheClock(userTimeout, [this, wire, before] {
    wire->stuckWatched = false;
    if (!network.blackhole) return;
    if (wire->delivered == before) return failClient(wire, "nothing was acknowledged for 20 s");
    giveUpIfStuck(wire);
  });
}

void FakeService::resetConnections() {
  for (const auto& weak : wires_) {
    const auto wire = weak.lock();
    if (!wire || !wire->connected || wire->dead) continue;
    const bool lastBytesArrive = random_.next() % 2 == 0;
    const auto cut = [wire] {
      if (wire->session) wire->session->broken();
    };
    lastBytesArrive ? after(network.latency * 2, cut) : cut();
    after(Nanoseconds{0}, [this, wire] { failClient(wire, "connection reset"); });
  }
}

void FakeService::clientGone(const std::shared_ptr<Wire>& wire) {
  if (!wire->stream.empty()) --clientUploads_[wire->stream];
  // FIN or RST follows what is under way; where the line is dead the service does not learn of it.
  if (!wire->session || wire->dead) return;
  pass(wire, [wire] { wire->session->broken(); });
}

/// The connections of now never carry anything again, and neither end is told.
void FakeService::setSwallow(bool on) {
  network.swallow = on;
  if (!on) return;
  for (const auto& weak : wires_) {
    if (const auto wire = weak.lock()) wire->doomed = true;
  }
}

// --- the request's body ---

void FakeService::pump(const std::shared_ptr<Wire>& wire) {
  if (!wire->connected) return;
  while (wire->source && !wire->dead && !wire->waiting && !wire->bodyEnded &&
         wire->inFlight < network.sendBuffer) {
    if (once(8)) return after(shuffle_.upTo(Milliseconds(20)), [this, wire] { pump(wire); });
    room_.resize(mostInAPiece);
    const auto room = std::span(room_).first(
        std::min(1 + random_.next() % mostInAPiece, network.sendBuffer - wire->inFlight));
    const net::BodyRead got = wire->source->read(room);
    switch (got.state) {
      case net::BodyRead::State::wait:
        wire->waiting = true;
        return;
      case net::BodyRead::State::end:
        wire->bodyEnded = true;
        sendPiece(wire, {}, true);
        if (endsWithTheBody) return wire->listener->onEnd({});
        if (passThatEndsTheBody > Nanoseconds{0}) runAhead(passThatEndsTheBody);
        if (once(2)) runAhead(shuffle_.upTo(Milliseconds(3000)));
        return;
      case net::BodyRead::State::data:
        expect(got.bytes > 0 && got.bytes <= room.size(), "the body gave nothing and called it data");
        sendPiece(wire, Bytes(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.bytes)), false);
        if (once(16)) runAhead(shuffle_.upTo(Milliseconds(300)));
    }
  }
}

void FakeService::sendPiece(const std::shared_ptr<Wire>& wire, Bytes bytes, bool end) {
  const TimePoint now = clock_.now();
  Nanoseconds transfer{0};
  if (network.bytesPerSecond > 0)
    transfer = Nanoseconds(
        static_cast<Nanoseconds::rep>(static_cast<double>(bytes.size()) * 1e9 / network.bytesPerSecond));
  wire->lineFree = std::max(wire->lineFree, now) + transfer;
  wire->inFlight += bytes.size();
  wire->bytesSent += bytes.size();
  if (network.blackhole) giveUpIfStuck(wire);
  after(wire->lineFree - now, [this, wire, bytes = std::move(bytes), end]() mutable {
    pass(wire, [this, wire, bytes = std::move(bytes), end] { arrived(wire, bytes, end); });
    if (wire->doomed) {
      wire->inFlight = 0;
      pump(wire);
    }
  });
}

void FakeService::arrived(const std::shared_ptr<Wire>& wire, const Bytes& bytes, bool end) {
  wire->inFlight -= std::min(wire->inFlight, bytes.size());
  wire->delivered += bytes.size();
  if (wire->session) end ? wire->session->bodyEnd() : wire->session->feed(bytes);
  pump(wire);
}

// --- the control plane ---

void FakeService::answerCall(const std::shared_ptr<Wire>& wire) {
  std::string body;
  auto reply = intercept ? intercept(wire->operation) : std::nullopt;
  if (!reply && isLate(wire->request)) reply = FakeReply{403, "InvalidSignatureException"};
  if (!reply) reply = normalReply(wire, body);
  if (reply->garbage) body = "<html>hello</html>";
  sendReply(wire, *reply, std::move(body));
}

FakeReply FakeService::normalReply(const std::shared_ptr<Wire>& wire, std::string& body) {
  const std::string name = streamOf(wire->request);
  if (options_.streamsExist && served_.insert(name).second) streams_[name].activeAt = clock_.now();
  const auto stream = streams_.find(name);
  const std::string& operation = wire->operation;
  if (operation == "createStream") {
    if (stream != streams_.end()) return {400, "ResourceInUseException"};
    streams_[name].activeAt = clock_.now() + options_.createTime;
    body = nlohmann::json{{"StreamARN", "arn:aws:kinesisvideo:eu-west-1:1:stream/" + name}}.dump();
    return {};
  }
  if (stream == streams_.end()) return {404, "ResourceNotFoundException"};
  const bool active = stream->second.activeAt <= clock_.now();
  if (operation == "describeStream") {
    body = nlohmann::json{{"StreamInfo",
                           {{"StreamName", name},
                            {"StreamARN", "arn:aws:kinesisvideo:eu-west-1:1:stream/" + name},
                            {"Version", "v"},
                            {"Status", active ? "ACTIVE" : "CREATING"},
                            {"DataRetentionInHours", options_.retentionHours}}}}
               .dump();
  } else if (operation == "getDataEndpoint") {
    body = nlohmann::json{{"DataEndpoint", "https://s-" + std::to_string(endpoint_) + ".example.com"}}.dump();
  } else {
    body = "{}";
  }
  return {};
}

bool FakeService::isLate(const net::Request& request) const {
  if (!options_.clockAhead) return false;
  const Nanoseconds off = signedAt(request) - serverNow();
  return off > Seconds(300) || off < -Seconds(300);
}

void FakeService::sendReply(const std::shared_ptr<Wire>& wire, const FakeReply& reply, std::string body) {
  net::ResponseHead head{reply.status,
                         {{"x-amzn-RequestId", "req-" + std::to_string(random_.next() % 10000)}}};
  if (options_.clockAhead) head.headers.push_back({"Date", httpDate(serverNow())});
  if (!reply.exception.empty()) {
    head.headers.push_back({"x-amzn-ErrorType", reply.exception});
    body = R"({"message":"as the test wishes"})";
  }
  if (!reply.retryAfter.empty()) head.headers.push_back({"Retry-After", reply.retryAfter});
  toClient(wire, [wire, head, body] {
    wire->listener->onHead(head);
    if (wire->listener && !body.empty()) wire->listener->onData(asBytes(body));
    wire->dead = true;
    if (wire->listener) wire->listener->onEnd({});
  });
}

// --- uploads ---

void FakeService::openUpload(const std::shared_ptr<Wire>& wire) {
  if (const auto reply = intercept ? intercept(wire->operation) : std::nullopt)
    return sendReply(wire, *reply, {});
  if (isLate(wire->request)) return sendReply(wire, {403, "InvalidSignatureException"}, {});
  const std::string served = "https://s-" + std::to_string(endpoint_) + ".";
  if (!wire->request.url.starts_with(served)) return sendReply(wire, {404, "ResourceNotFoundException"}, {});
  if (!streams_.contains(wire->stream)) return sendReply(wire, {404, "ResourceNotFoundException"}, {});
  if (serverSessions_.contains(wire->stream))
    return sendReply(wire, {400, "ConnectionLimitExceededException"}, {});
  wire->session = std::make_shared<Session>(*this, wire, ++sessionCount_);
  serverSessions_[wire->stream] = wire->session;
  wire->session->open();
}

void FakeService::endResponses() {
  for (const auto& [stream, session] : std::map(serverSessions_))
    session->endResponse();
}

void FakeService::errorAck(int id, const std::string& code, bool named) {
  for (const auto& [stream, session] : std::map(serverSessions_))
    session->errorAck(id, code, named);
}

void FakeService::nonsense(std::string text) {
  for (const auto& [stream, session] : std::map(serverSessions_))
    session->nonsense(text);
}

void FakeService::told(const std::shared_ptr<Wire>& wire, std::int64_t wallMs) {
  lastTold_ = clock_.now();
  ++toldCount_;
  const auto [first, last] = storedAt_.equal_range(wallMs);
  for (auto at = first; at != last; ++at) {
    StoredFragment& fragment = stored_[at->second];
    if (fragment.stream != wire->stream) continue;
    fragment.told = true;
    if (!fragment.frames.empty()) toldFrames_.insert({fragment.stream, fragment.frames.front()});
  }
}

}  // namespace kvs::test
