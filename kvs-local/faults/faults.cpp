// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace kvslocal {

using Json = nlohmann::json;

namespace {

constexpr std::array<std::pair<std::string_view, FaultKind>, 18> kinds{{
    {"status", FaultKind::status},
    {"delay", FaultKind::delay},
    {"reset", FaultKind::reset},
    {"fin", FaultKind::fin},
    {"endBody", FaultKind::endBody},
    {"noAcks", FaultKind::noAcks},
    {"stall", FaultKind::stall},
    {"error", FaultKind::error},
    {"malformedAck", FaultKind::malformedAck},
    {"refuse", FaultKind::refuse},
    {"slowRead", FaultKind::slowRead},
    {"date", FaultKind::date},
    {"cutShort", FaultKind::cutShort},
    {"oversized", FaultKind::oversized},
    {"repeatAcks", FaultKind::repeatAcks},
    {"swapAcks", FaultKind::swapAcks},
    {"strayAck", FaultKind::strayAck},
    {"endpoint", FaultKind::endpoint},
}};

/// A wrong field; parse() makes it a Result.
struct WrongField {
  std::string sentence;
};

/// Reads an object's fields and refuses those that nobody asked for: a misspelt one would pass in silence.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) throw WrongField{where_ + " must be an object"};
  }
  std::uint64_t number(const char* name, std::uint64_t absent) {
    const Json* field = take(name);
    if (field == nullptr) return absent;
    if (!field->is_number_unsigned())
      throw WrongField{where_ + '.' + name + " must be a number of 0 or more"};
    return field->get<std::uint64_t>();
  }
  std::chrono::seconds seconds(const char* name) {
    const Json* field = take(name);
    if (field == nullptr) return {};
    if (!field->is_number_integer()) throw WrongField{where_ + '.' + name + " must be a whole number"};
    return std::chrono::seconds(field->get<std::int64_t>());
  }
  double share(const char* name) {
    const Json* field = take(name);
    const double value = field != nullptr && field->is_number() ? field->get<double>() : -1.0;
    if (value < 0.0 || value > 1.0) throw WrongField{where_ + '.' + name + " must be a number in 0 to 1"};
    return value;
  }
  std::chrono::milliseconds milliseconds(const char* name) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(number(name, 0)));
  }
  std::string text(const char* name) {
    const Json* field = take(name);
    if (field == nullptr) return {};
    if (!field->is_string()) throw WrongField{where_ + '.' + name + " must be a string"};
    return field->get<std::string>();
  }
  bool flag(const char* name, bool absent) {
    const Json* field = take(name);
    if (field == nullptr) return absent;
    if (!field->is_boolean()) throw WrongField{where_ + '.' + name + " must be true or false"};
    return field->get<bool>();
  }
  const Json* take(const char* name) {
    known_.emplace_back(name);
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }
  void finish() const {
    for (const auto& [name, value] : json_.items()) {
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        throw WrongField{where_ + " has an unknown field '" + name + "'"};
      }
    }
  }

 private:
  const Json& json_;
  std::string where_;
  std::vector<std::string> known_;
};

FaultTrigger readTrigger(const Json* json, const std::string& where) {
  FaultTrigger trigger;
  if (json == nullptr) return trigger;
  Fields fields(*json, where);
  trigger.afterBytes = fields.number("afterBytes", 0);
  trigger.afterFragments = fields.number("afterFragments", 0);
  trigger.after = fields.milliseconds("afterMs");
  trigger.idle = fields.milliseconds("idleMs");
  fields.finish();
  return trigger;
}

Headers readHeaders(const Json* json, const std::string& where) {
  Headers headers;
  if (json == nullptr) return headers;
  if (!json->is_object()) throw WrongField{where + " must be an object"};
  for (const auto& [name, value] : json->items()) {
    headers.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return headers;
}

FaultAction readAction(const Json* json, const std::string& where) {
  if (json == nullptr) throw WrongField{where + " is missing"};
  Fields fields(*json, where);
  FaultAction action;
  const std::string type = fields.text("type");
  const auto* kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == type; });
  if (kind == kinds.end()) throw WrongField{where + ".type '" + type + "' is not known"};
  action.kind = kind->second;
  action.status = static_cast<int>(fields.number("status", 503));
  if (action.status < 200 || action.status > 599) throw WrongField{where + ".status must be in 200 to 599"};
  action.error = fields.text("error");
  if (action.error.empty()) action.error = "ServiceUnavailableException";
  action.message = fields.text("message");
  action.headers = readHeaders(fields.take("headers"), where + ".headers");
  action.duration = fields.milliseconds("ms");
  action.errorId = static_cast<std::uint32_t>(fields.number("id", 0));
  action.errorCode = fields.text("code");
  action.named = fields.flag("named", true);
  action.text = fields.text("text");
  action.dateOffset = fields.seconds("offset");
  action.bytes = fields.number("bytes", action.kind == FaultKind::oversized ? 1024 * 1024 : 10);
  action.bytesPerSecond = fields.number("bytesPerSecond", 1000);
  if (action.bytesPerSecond == 0) throw WrongField{where + ".bytesPerSecond must be 1 or more"};
  action.times = fields.number("times", 2);
  action.url = fields.text("url");
  if (const auto wait = fields.number("retryAfter", 0); wait > 0)
    action.headers.emplace_back("Retry-After", std::to_string(wait));
  action.reading = fields.flag("reading", true);
  fields.finish();
  return action;
}

}  // namespace

struct FaultBookParser {
  static FaultBook::Rule readRule(const Json& json, const std::string& where) {
    Fields fields(json, where);
    FaultBook::Rule rule;
    if (const Json* match = fields.take("match")) {
      Fields matching(*match, where + ".match");
      rule.operation = matching.text("operation");
      rule.stream = matching.text("stream");
      rule.from = matching.number("from", 1);
      rule.times = matching.number("times", 1);
      matching.finish();
    }
    if (const Json* random = fields.take("random")) {
      Fields drawing(*random, where + ".random");
      const std::uint64_t seed = drawing.number("seed", 1);
      rule.dice = FaultDice(seed, drawing.share("share"));
      drawing.finish();
    }
    rule.fault.trigger = readTrigger(fields.take("when"), where + ".when");
    rule.fault.action = readAction(fields.take("action"), where + ".action");
    static_cast<void>(fields.text("comment"));
    fields.finish();
    return rule;
  }

  static FaultBook read(const std::string& text) {
    const Json json = readJson(text, true);
    if (json.is_discarded()) throw WrongField{"it is no JSON"};
    Fields fields(json, "the file");
    const Json* rules = fields.take("rules");
    fields.finish();
    if (rules == nullptr || !rules->is_array()) throw WrongField{"'rules' must be a list"};
    FaultBook book;
    for (std::size_t i = 0; i < rules->size(); ++i) {
      book.rules_.push_back(readRule((*rules)[i], "rules[" + std::to_string(i) + ']'));
    }
    return book;
  }
};

bool FaultTrigger::immediate() const {
  return afterBytes == 0 && afterFragments == 0 && !timed();
}

void addDate(Headers& headers, WallTime now, const std::optional<std::chrono::seconds>& offset) {
  const bool dated = std::any_of(headers.begin(), headers.end(),
                                 [](const auto& header) { return toLower(header.first) == "date"; });
  if (offset && !dated) headers.emplace_back("Date", httpDate(now + *offset));
}

bool isDue(const FaultTrigger& trigger, const FaultProgress& progress) {
  return progress.bytes >= trigger.afterBytes && progress.fragments >= trigger.afterFragments &&
         progress.age >= trigger.after && progress.idle >= trigger.idle;
}

std::uint64_t FaultDice::upTo(std::uint64_t most) {
  return most == 0 ? 0 : 1 + random_() % most;
}

FaultTrigger FaultDice::draw(FaultTrigger most) {
  const auto moment = [this](std::chrono::milliseconds bound) {
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(upTo(static_cast<std::uint64_t>(bound.count()))));
  };
  most.afterBytes = upTo(most.afterBytes);
  most.afterFragments = upTo(most.afterFragments);
  most.after = moment(most.after);
  most.idle = moment(most.idle);
  return most;
}

Result<FaultBook> FaultBook::parse(const std::string& json) {
  try {
    return FaultBookParser::read(json);
  } catch (const WrongField& wrong) {
    return failure("the faults file: " + wrong.sentence);
  }
}

std::vector<Fault> FaultBook::match(const std::string& operation, const std::string& stream) {
  std::vector<Fault> faults;
  for (auto& rule : rules_) {
    // A rule for connections must be asked for: every request has one.
    const bool operationFits =
        rule.operation.empty() ? operation != "connection" : rule.operation == operation;
    if (!operationFits || (!rule.stream.empty() && rule.stream != stream)) continue;
    const std::uint64_t occurrence = ++rule.seen;
    const bool before = occurrence < rule.from;
    const bool over = rule.times != 0 && occurrence >= rule.from + rule.times;
    if (before || over || (rule.dice && !rule.dice->meets())) continue;
    Fault fault = rule.fault;
    if (rule.dice) fault.trigger = rule.dice->draw(fault.trigger);
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace kvslocal
