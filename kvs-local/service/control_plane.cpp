// SPDX-License-Identifier: Apache-2.0
#include "service/control_plane.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json.h"

namespace kvslocal {
namespace {

using Json = nlohmann::json;

// Shapes and bounds are those of the service's published model (kinesisvideo, 2017-09-30).
constexpr std::int64_t maxRetentionHours = 87'600;  // ten years
constexpr std::size_t maxTags = 50;
constexpr std::int64_t maxListed = 10'000;

ServiceError invalid(std::string message) {
  return {"InvalidArgumentException", std::move(message)};
}
ServiceError notFound(const std::string& what) {
  return {"ResourceNotFoundException", "The requested stream is not found or not active: " + what};
}

bool isNameChar(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

bool isName(const std::string& text, std::size_t limit) {
  return !text.empty() && text.size() <= limit && std::all_of(text.begin(), text.end(), isNameChar);
}

// type/subtype, several joined by commas: [\w\-\.\+]+/[\w\-\.\+]+(,[\w\-\.\+]+/[\w\-\.\+]+)*
bool isMediaType(const std::string& text) {
  if (text.empty() || text.size() > 128) return false;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view one = std::string_view(text).substr(begin, end - begin);
    const std::size_t slash = one.find('/');
    const auto plain = [](char c) { return isNameChar(c) || c == '+'; };
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == one.size()) return false;
    if (!std::all_of(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(slash), plain)) return false;
    if (!std::all_of(one.begin() + static_cast<std::ptrdiff_t>(slash) + 1, one.end(), plain)) return false;
    begin = end + 1;
  }
  return true;
}

bool isTagText(const std::string& text, std::size_t least, std::size_t most) {
  const auto allowed = [](char c) {
    return isNameChar(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(" :/=+-@").find(c) != std::string_view::npos;
  };
  const auto characters = static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  return characters >= least && characters <= most && std::all_of(text.begin(), text.end(), allowed);
}

/// The fields of a request. The first wrong one throws; handle() makes it an answer.
class Request {
 public:
  explicit Request(const std::string& body) : Request(readJson(body.empty() ? "{}" : body)) {}
  explicit Request(Json json) : json_(std::move(json)) {
    if (!json_.is_object()) throw ServiceError{"SerializationException", "The body is no JSON object"};
  }
  [[nodiscard]] bool has(const char* field) const { return json_.contains(field) && !json_[field].is_null(); }
  [[nodiscard]] std::string text(const char* field) const {
    if (!has(field)) return {};
    if (!json_[field].is_string()) throw invalid(std::string(field) + " must be a string");
    return json_[field].get<std::string>();
  }
  [[nodiscard]] std::string needText(const char* field) const {
    if (!has(field)) throw invalid(std::string("Missing required field: ") + field);
    return text(field);
  }
  [[nodiscard]] std::int64_t number(const char* field, std::int64_t least, std::int64_t most,
                                    std::int64_t absent) const {
    if (!has(field)) return absent;
    if (!json_[field].is_number_integer()) throw invalid(std::string(field) + " must be an integer");
    const auto value = json_[field].get<std::int64_t>();
    if (value < least || value > most) {
      throw invalid(std::string(field) + " must be in " + std::to_string(least) + " to " +
                    std::to_string(most));
    }
    return value;
  }
  [[nodiscard]] const Json& json() const { return json_; }

 private:
  Json json_;
};

std::map<std::string, std::string> readTags(const Json& tags) {
  if (!tags.is_object() || tags.empty()) throw invalid("Tags must be an object with 1 to 50 entries");
  if (tags.size() > maxTags) throw ServiceError{"TagsPerResourceExceededLimitException", "More than 50 tags"};
  std::map<std::string, std::string> read;
  for (const auto& [key, value] : tags.items()) {
    if (!value.is_string()) throw invalid("The value of tag '" + key + "' must be a string");
    const auto text = value.get<std::string>();
    if (!isTagText(key, 1, 128)) throw invalid("Invalid tag key: '" + key + "'");
    if (!isTagText(text, 0, 256)) throw invalid("Invalid value of tag '" + key + "'");
    read[key] = text;
  }
  return read;
}

void addTags(StreamRecord& record, const std::map<std::string, std::string>& tags) {
  auto merged = record.tags;
  for (const auto& [key, value] : tags)
    merged[key] = value;
  if (merged.size() > maxTags) {
    throw ServiceError{"TagsPerResourceExceededLimitException", "A stream may have 50 tags at most"};
  }
  record.tags = std::move(merged);
}

// A page's token is the last name before it. Names hold characters that a token may not (_ - .), so each
// travels as two letters.
std::string encodeToken(const std::string& name) {
  std::string token;
  for (const char c : name) {
    token += static_cast<char>('a' + (c >> 4));
    token += static_cast<char>('a' + (c & 0xF));
  }
  return token;
}

std::string decodeToken(const std::string& token) {
  const auto known = [](char c) { return c >= 'a' && c <= 'p'; };
  if (token.size() % 2 != 0 || !std::all_of(token.begin(), token.end(), known))
    throw invalid("Invalid NextToken");
  std::string name;
  for (std::size_t i = 0; i < token.size(); i += 2) {
    name += static_cast<char>((token[i] - 'a') * 16 + (token[i + 1] - 'a'));
  }
  return name;
}

std::string checkedName(const std::string& name) {
  if (!isName(name, 256))
    throw invalid("Invalid StreamName: 1 to 256 characters of [a-zA-Z0-9_.-] are allowed");
  return name;
}

/// One request being answered.
class Call {
 public:
  Call(StreamTable& streams, const ControlConfig& config, std::string version, const std::string& body,
       WallTime now)
      : streams_(streams), config_(config), version_(std::move(version)), request_(body), now_(now) {}

  ControlAnswer createStream();
  ControlAnswer describeStream();
  ControlAnswer listStreams();
  ControlAnswer deleteStream();
  ControlAnswer updateStream();
  ControlAnswer updateDataRetention();
  ControlAnswer tagStream();
  ControlAnswer untagStream();
  ControlAnswer listTagsForStream();
  ControlAnswer getDataEndpoint();

  std::string baseUrl;

 private:
  [[nodiscard]] const StreamRecord& stream() const;
  [[nodiscard]] StreamRecord streamOfCurrentVersion() const;
  void checkUpdatable(const StreamRecord& record) const;
  [[nodiscard]] bool active(const StreamRecord& record) const {
    return isActive(record, config_.creatingFor, now_);
  }
  [[nodiscard]] Json info(const StreamRecord& record) const;
  static ControlAnswer answer(const Json& json) { return {jsonReply(json.dump()), std::nullopt}; }
  static ControlAnswer saved(const StreamRecord& record, const Json& json = Json::object()) {
    return {jsonReply(json.dump()), StreamChange{StreamChange::Kind::saved, record}};
  }

  StreamTable& streams_;
  const ControlConfig& config_;
  std::string version_;
  Request request_;
  WallTime now_;
};

const StreamRecord& Call::stream() const {
  const std::string name = request_.text("StreamName");
  const std::string arn = request_.text("StreamARN");
  if (name.empty() && arn.empty()) throw invalid("Either StreamName or StreamARN must be given");
  if (!arn.empty() && !arn.starts_with("arn:")) throw invalid("Invalid StreamARN: " + arn);
  const StreamRecord* record = arn.empty() ? streams_.find(checkedName(name)) : streams_.findByArn(arn);
  if (record == nullptr) throw notFound(arn.empty() ? name : arn);
  if (!arn.empty() && !name.empty() && record->name != name)
    throw invalid("StreamName and StreamARN name two streams");
  return *record;
}

void Call::checkUpdatable(const StreamRecord& record) const {
  if (!active(record))
    throw ServiceError{"ResourceInUseException", "The stream is not ACTIVE: " + record.name};
}

/// A copy with the version that it will have.
StreamRecord Call::streamOfCurrentVersion() const {
  const std::string version = request_.needText("CurrentVersion");
  StreamRecord record = stream();
  checkUpdatable(record);
  if (version != record.version) {
    throw ServiceError{"VersionMismatchException",
                       "The stream's version is " + record.version + ", not " + version};
  }
  record.version = version_;
  return record;
}

Json Call::info(const StreamRecord& record) const {
  Json json{{"StreamName", record.name},
            {"StreamARN", record.arn},
            {"KmsKeyId", record.kmsKeyId},
            {"Version", record.version},
            {"Status", active(record) ? "ACTIVE" : "CREATING"},
            {"CreationTime", static_cast<double>(record.created.time_since_epoch().count()) / 1000.0},
            {"DataRetentionInHours", record.retentionHours}};
  if (!record.deviceName.empty()) json["DeviceName"] = record.deviceName;
  if (!record.mediaType.empty()) json["MediaType"] = record.mediaType;
  return json;
}

ControlAnswer Call::createStream() {
  StreamRecord record;
  record.name = checkedName(request_.needText("StreamName"));
  record.deviceName = request_.text("DeviceName");
  record.mediaType = request_.text("MediaType");
  record.kmsKeyId = request_.text("KmsKeyId");
  record.retentionHours = request_.number("DataRetentionInHours", 0, maxRetentionHours, 0);
  if (request_.has("DeviceName") && !isName(record.deviceName, 128)) throw invalid("Invalid DeviceName");
  if (request_.has("MediaType") && !isMediaType(record.mediaType)) throw invalid("Invalid MediaType");
  if (record.kmsKeyId.size() > 2048) throw invalid("Invalid KmsKeyId");
  if (request_.has("Tags")) addTags(record, readTags(request_.json()["Tags"]));
  if (streams_.find(record.name) != nullptr) {
    throw ServiceError{"ResourceInUseException", "The stream " + record.name + " already exists."};
  }
  record.created = now_;
  record.version = version_;
  const std::string place = config_.region + ':' + config_.account;
  record.arn = "arn:aws:kinesisvideo:" + place + ":stream/" + record.name + '/' +
               std::to_string(now_.time_since_epoch().count());
  if (record.kmsKeyId.empty()) record.kmsKeyId = "arn:aws:kms:" + place + ":alias/aws/kinesisvideo";
  record.id = streams_.newId();
  return saved(record, {{"StreamARN", record.arn}});
}

ControlAnswer Call::describeStream() {
  return answer({{"StreamInfo", info(stream())}});
}

ControlAnswer Call::listStreams() {
  const auto limit = static_cast<std::size_t>(request_.number("MaxResults", 1, maxListed, maxListed));
  std::string prefix;
  if (request_.has("StreamNameCondition")) {
    const Request condition(request_.json()["StreamNameCondition"]);
    const std::string comparison = condition.text("ComparisonOperator");
    if (!comparison.empty() && comparison != "BEGINS_WITH")
      throw invalid("Invalid ComparisonOperator: " + comparison);
    prefix = condition.text("ComparisonValue");
  }
  const auto after = decodeToken(request_.text("NextToken"));
  const auto found = streams_.list(prefix, after, limit + 1);
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(limit, found.size()); ++i)
    list.push_back(info(*found[i]));
  Json json{{"StreamInfoList", list}};
  if (found.size() > limit) {
    json["NextToken"] = encodeToken(found[limit - 1]->name);
  }
  return answer(json);
}

ControlAnswer Call::deleteStream() {
  if (request_.needText("StreamARN").empty()) throw invalid("StreamARN must not be empty");
  const StreamRecord record = stream();
  checkUpdatable(record);
  const std::string version = request_.text("CurrentVersion");
  if (!version.empty() && version != record.version) {
    throw ServiceError{"VersionMismatchException",
                       "The stream's version is " + record.version + ", not " + version};
  }
  return {jsonReply("{}"), StreamChange{StreamChange::Kind::deleted, record}};
}

ControlAnswer Call::updateStream() {
  const std::string device = request_.text("DeviceName");
  const std::string media = request_.text("MediaType");
  if (request_.has("DeviceName") && !isName(device, 128)) throw invalid("Invalid DeviceName");
  if (request_.has("MediaType") && !isMediaType(media)) throw invalid("Invalid MediaType");
  StreamRecord record = streamOfCurrentVersion();
  if (!device.empty()) record.deviceName = device;
  if (!media.empty()) record.mediaType = media;
  return saved(record);
}

ControlAnswer Call::updateDataRetention() {
  const std::string operation = request_.needText("Operation");
  if (!request_.has("DataRetentionChangeInHours"))
    throw invalid("Missing required field: DataRetentionChangeInHours");
  const auto change = request_.number("DataRetentionChangeInHours", 1, maxRetentionHours, 1);
  const bool increase = operation == "INCREASE_DATA_RETENTION";
  if (!increase && operation != "DECREASE_DATA_RETENTION") throw invalid("Invalid Operation: " + operation);
  const std::int64_t hours = stream().retentionHours + (increase ? change : -change);
  if (hours < 0 || hours > maxRetentionHours)
    throw invalid("The retention would be " + std::to_string(hours) + " hours");
  StreamRecord record = streamOfCurrentVersion();
  record.retentionHours = hours;
  return saved(record);
}

ControlAnswer Call::tagStream() {
  if (!request_.has("Tags")) throw invalid("Missing required field: Tags");
  const auto tags = readTags(request_.json()["Tags"]);
  StreamRecord record = stream();
  addTags(record, tags);
  return saved(record);
}

ControlAnswer Call::untagStream() {
  if (!request_.has("TagKeyList")) throw invalid("Missing required field: TagKeyList");
  const Json& keys = request_.json()["TagKeyList"];
  if (!keys.is_array() || keys.empty() || keys.size() > maxTags)
    throw invalid("TagKeyList must have 1 to 50 entries");
  StreamRecord record = stream();
  for (const auto& key : keys) {
    if (!key.is_string()) throw invalid("TagKeyList must hold strings");
  }
  for (const auto& key : keys)
    record.tags.erase(key.get<std::string>());
  return saved(record);
}

ControlAnswer Call::listTagsForStream() {
  return answer({{"Tags", stream().tags}});
}

ControlAnswer Call::getDataEndpoint() {
  constexpr std::array<std::string_view, 8> names{"PUT_MEDIA",
                                                  "GET_MEDIA",
                                                  "LIST_FRAGMENTS",
                                                  "GET_MEDIA_FOR_FRAGMENT_LIST",
                                                  "GET_HLS_STREAMING_SESSION_URL",
                                                  "GET_DASH_STREAMING_SESSION_URL",
                                                  "GET_CLIP",
                                                  "GET_IMAGES"};
  const std::string api = request_.needText("APIName");
  if (std::find(names.begin(), names.end(), api) == names.end()) throw invalid("Invalid APIName: " + api);
  static_cast<void>(stream());  // it must be there
  return answer({{"DataEndpoint", baseUrl}});
}

using Method = ControlAnswer (Call::*)();
constexpr std::array<std::pair<std::string_view, Method>, 10> operations{{
    {"createStream", &Call::createStream},
    {"describeStream", &Call::describeStream},
    {"listStreams", &Call::listStreams},
    {"deleteStream", &Call::deleteStream},
    {"updateStream", &Call::updateStream},
    {"updateDataRetention", &Call::updateDataRetention},
    {"tagStream", &Call::tagStream},
    {"untagStream", &Call::untagStream},
    {"listTagsForStream", &Call::listTagsForStream},
    {"getDataEndpoint", &Call::getDataEndpoint},
}};

const std::pair<std::string_view, Method>* findOperation(const std::string& name) {
  const auto* found = std::find_if(operations.begin(), operations.end(),
                                   [&](const auto& entry) { return entry.first == name; });
  return found == operations.end() ? nullptr : found;
}

}  // namespace

bool ControlPlane::knows(const std::string& operation) {
  return findOperation(operation) != nullptr;
}

bool ControlPlane::changes(const std::string& operation) {
  constexpr std::array<std::string_view, 6> changing{"createStream",        "deleteStream", "updateStream",
                                                     "updateDataRetention", "tagStream",    "untagStream"};
  return std::find(changing.begin(), changing.end(), operation) != changing.end();
}

void ControlPlane::apply(const StreamChange& change) {
  if (change.kind == StreamChange::Kind::deleted) {
    streams_.erase(change.record.name);
  } else {
    streams_.put(change.record);
  }
}

std::string ControlPlane::streamNameIn(const std::string& body) {
  const Json json = readJson(body);
  if (!json.is_object()) return {};
  const auto text = [&](const char* field) {
    return json.contains(field) && json[field].is_string() ? json[field].get<std::string>() : std::string();
  };
  if (std::string name = text("StreamName"); !name.empty()) return name;
  const std::string arn = text("StreamARN");
  const std::size_t first = arn.find('/');
  const std::size_t second = first == std::string::npos ? first : arn.find('/', first + 1);
  return second == std::string::npos ? std::string() : arn.substr(first + 1, second - first - 1);
}

ControlAnswer ControlPlane::handle(const std::string& operation, const std::string& body,
                                   const std::string& baseUrl, WallTime now) {
  try {
    const auto* entry = findOperation(operation);
    if (entry == nullptr) throw ServiceError{"UnknownOperationException", "No operation: " + operation};
    Call call(streams_, config_, newVersion_(), body, now);
    call.baseUrl = baseUrl;
    return (call.*entry->second)();
  } catch (const ServiceError& error) {
    return {errorReply(error), std::nullopt};
  }
}

}  // namespace kvslocal
