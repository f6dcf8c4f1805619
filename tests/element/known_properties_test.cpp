// SPDX-License-Identifier: Apache-2.0
// What applications know: each property has the type, the default and at least the range that it has in the
// element that they were written for, and an element with any of its values starts.
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "support.h"

namespace kvs::test {
namespace {

struct Known {
  std::string name;
  std::string standard;
  std::string type;
  std::string least;
  std::string most;
};

std::vector<Known> knownProperties() {
  std::vector<Known> all;
  std::ifstream file(KVS_TEST_DATA "/properties.csv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    Known known;
    std::string unit;
    std::istringstream fields(line);
    for (std::string* field : {&known.name, &known.standard, &unit, &known.type, &known.least, &known.most})
      std::getline(fields, *field, ',');
    all.push_back(known);
  }
  return all;
}

std::vector<Known> knownNumbers() {
  auto all = knownProperties();
  std::erase_if(all, [](const Known& known) { return known.least.empty(); });
  return all;
}

std::uint64_t numberOf(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

TEST_F(ElementTest, KnownPropertiesHaveTheirTypes) {
  const auto all = knownProperties();
  ASSERT_EQ(all.size(), 39U);
  for (const Known& known : all) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), known.name.c_str());
    ASSERT_NE(spec, nullptr) << known.name;
    EXPECT_EQ(g_type_name(spec->value_type), known.type) << known.name;
    EXPECT_TRUE(spec->flags & G_PARAM_WRITABLE) << known.name;
  }
}

TEST_F(ElementTest, KnownNumbersHaveAtLeastTheirRanges) {
  for (const Known& known : knownNumbers()) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), known.name.c_str());
    ASSERT_NE(spec, nullptr) << known.name;
    if (known.type == "guint") {
      EXPECT_EQ(G_PARAM_SPEC_UINT(spec)->minimum, numberOf(known.least)) << known.name;
      EXPECT_EQ(G_PARAM_SPEC_UINT(spec)->maximum, numberOf(known.most)) << known.name;
    } else {
      EXPECT_EQ(G_PARAM_SPEC_UINT64(spec)->minimum, numberOf(known.least)) << known.name;
      EXPECT_EQ(G_PARAM_SPEC_UINT64(spec)->maximum, numberOf(known.most)) << known.name;
    }
  }
}

TEST_F(ElementTest, KnownNumbersAreTakenAndReadBackAlsoInPlaying) {
  for (const GstState state : {GST_STATE_NULL, GST_STATE_PLAYING}) {
    setState(state);
    for (const Known& known : knownNumbers()) {
      for (const std::string& value : {known.least, known.most}) {
        gst_util_set_object_arg(G_OBJECT(sink()), known.name.c_str(), value.c_str());
        GValue read = G_VALUE_INIT;
        g_object_get_property(G_OBJECT(sink()), known.name.c_str(), &read);
        const gst::Text text(gst_value_serialize(&read));
        EXPECT_EQ(text.get(), value) << known.name;
        g_value_unset(&read);
      }
    }
  }
}

TEST_F(ElementTest, StreamingTypeIsTakenByNumberAndByNick) {
  for (const auto& [text, number] : std::map<const char*, int>{
           {"0", 0}, {"realtime", 0}, {"1", 1}, {"near-realtime", 1}, {"2", 2}, {"offline", 2}}) {
    gst_util_set_object_arg(G_OBJECT(sink()), "streaming-type", text);
    int value = -1;
    g_object_get(sink(), "streaming-type", &value, nullptr);
    EXPECT_EQ(value, number) << text;
  }
}

TEST_F(ElementTest, TimeoutsOfZeroAreTheUsualOnes) {
  g_object_set(sink(), "connection-timeout", 0U, "completion-timeout", 0U, nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.producerConfig.connectionTimeout, Seconds(5));
  EXPECT_EQ(core.producerConfig.completionTimeout, Seconds(10));
}

TEST_F(ElementTest, TimeoutsAreADayAtMost) {
  g_object_set(sink(), "connection-timeout", G_MAXUINT, "completion-timeout", G_MAXUINT, nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.producerConfig.connectionTimeout, std::chrono::hours(24));
  EXPECT_EQ(core.producerConfig.completionTimeout, std::chrono::hours(24));
}

TEST_F(ElementTest, AFrameRateOfNoVideoIsOneWarningAndNoRate) {
  g_object_set(sink(), "framerate", G_MAXUINT, nullptr);
  Upstream upstream;
  start(upstream);
  upstream.begin("video/x-h264, stream-format=avc, alignment=au");
  EXPECT_NE(toldBy(waitForMessage(GST_MESSAGE_WARNING).get()).text.find("framerate"), std::string::npos);
  ASSERT_EQ(core.tracks.size(), 1U);
  EXPECT_FALSE(core.tracks[0].format.frameDuration);
}

TEST_F(ElementTest, AStartTimeThatNoClockShowsIsAnError) {
  for (const auto& [name, value] : {std::pair{"file-start-time", "18446744073709551615"},
                                    {"file-start-time", "9223372036"},
                                    {"file-start-time", "4575744000"},
                                    {"file-start-time-iso", "2115-01-01T00:00:00Z"},
                                    {"file-start-time-iso", "9999-01-01T00:00:00Z"}}) {
    gst_util_set_object_arg(G_OBJECT(sink()), name, value);
    EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE) << value;
    EXPECT_NE(toldBy(waitForMessage(GST_MESSAGE_ERROR).get()).text.find("2115"), std::string::npos);
    setState(GST_STATE_NULL);
    g_object_set(sink(), "file-start-time", G_GUINT64_CONSTANT(0), "file-start-time-iso", nullptr, nullptr);
  }
}

}  // namespace
}  // namespace kvs::test
