# SPDX-License-Identifier: Apache-2.0
"""Metadata become tags of the next fragment, events of the open one; stream-tags become tags of the stream."""
from support import case, sources
from support.pipelines import Gst
from support.sources import Feed

FPS = 25
SECOND = 1_000_000_000


def metadata(name, value, persist):
    structure = Gst.Structure.new_empty("kvs-add-metadata")
    structure.set_value("name", name)
    structure.set_value("value", value)
    structure.set_value("persist", persist)
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


def event(name, **fields):
    structure = Gst.Structure.new_empty(name)
    for field, value in fields.items():
        structure.set_value(field.replace("_", "-"), value)
    return structure


class MetadataTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.local = self.service()
        self.units = sources.encode(FPS, FPS, key_interval=FPS)

    def second(self, feed, number):
        """One more fragment enters, whole."""
        feed.push_and_wait(self.units, shift=number * SECOND)

    def tags(self, stream):
        return [{tag["name"]: tag["value"] for tag in fragment["tags"]} for fragment in self.local.fragments(stream)]

    def test_an_event_from_upstream(self):
        feed = Feed(self.local, "meta").play()
        self.second(feed, 0)
        pad = feed.source.get_static_pad("src")
        self.assertTrue(pad.push_event(metadata("once", "1", False)))
        self.assertTrue(pad.push_event(metadata("always", "2", True)))
        for number in (1, 2):
            self.second(feed, number)
        self.assertTrue(pad.push_event(metadata("always", "3", True)))
        self.second(feed, 3)
        self.assertTrue(pad.push_event(metadata("always", "", True)))
        self.second(feed, 4)
        feed.end()
        self.assertEqual(self.tags("meta"), [{}, {"once": "1", "always": "2"}, {"always": "2"}, {"always": "3"}, {}])
        recording = self.check_whole(self.local, "meta", feed.entered)
        self.assertEqual(sorted(recording.tags), [("always", "2"), ("always", "2"), ("always", "3"), ("once", "1")])

    def test_an_event_sent_to_the_element_before_the_first_frame(self):
        feed = Feed(self.local, "early").play()
        self.assertTrue(feed.sink.send_event(metadata("first", "yes", False)))
        self.second(feed, 0)
        self.second(feed, 1)
        feed.end()
        self.assertEqual(self.tags("early"), [{"first": "yes"}, {}])

    def test_metadata_that_the_service_would_refuse_is_not_taken(self):
        feed = Feed(self.local, "wrong").play()
        self.second(feed, 0)
        feed.sink.send_event(metadata("AWS_MINE", "x", False))
        feed.sink.send_event(metadata("n" * 129, "x", False))
        self.second(feed, 1)
        feed.end()
        self.assertEqual(len(feed.warnings()), 2)
        self.assertEqual(self.tags("wrong"), [{}, {}])

    def test_the_property_and_the_action_signal(self):
        feed = Feed(self.local, "signal", metadata="metadata,room=(string)hall").play()
        self.second(feed, 0)
        self.assertTrue(feed.sink.emit("add-metadata", "motion", "yes", False))
        self.second(feed, 1)
        self.second(feed, 2)
        feed.end()
        self.assertEqual(self.tags("signal"), [{"room": "hall"}, {"room": "hall", "motion": "yes"}, {"room": "hall"}])

    def test_events_are_in_the_open_fragment(self):
        feed = Feed(self.local, "events").play()
        self.second(feed, 0)
        pad = feed.source.get_static_pad("src")
        marked = event("kvs-add-event", type="notification", pairs=event("pairs", zone="2"))
        self.assertTrue(pad.push_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, marked)))
        self.second(feed, 1)
        self.assertTrue(feed.sink.emit("add-event", event("e", type="image-generation", image_prefix="door")))
        self.second(feed, 2)
        feed.end()
        self.assertEqual(self.tags("events"), [
            {"AWS_KINESISVIDEO_NOTIFICATION": "", "zone": "2"},
            {"AWS_KINESISVIDEO_IMAGE_GENERATION": "", "AWS_KINESISVIDEO_IMAGE_PREFIX": "door"}, {}])
        self.check_whole(self.local, "events", feed.entered)

    def test_what_goes_beyond_the_limits_is_a_warning_that_says_which(self):
        feed = Feed(self.local, "limits").play()
        self.assertFalse(feed.sink.emit("add-metadata", "long", "x" * 257, False))
        for number in range(10):
            self.assertTrue(feed.sink.emit("add-metadata", f"n{number}", "x", False))
        self.assertFalse(feed.sink.emit("add-metadata", "n10", "x", False))
        self.assertFalse(feed.sink.emit("add-event", event("e", type="notification")))
        self.second(feed, 0)
        feed.end()
        said = [error.message for error, _ in feed.warnings()]
        self.assertEqual(len(said), 3)
        for words, sentence in zip(("256 bytes", "10 items", "10 items"), said):
            self.assertIn(words, sentence)

    def test_tags_of_the_stream(self):
        feed = Feed(self.local, "tagged", stream_tags="stream-tags,floor=(string)3,room=(string)kitchen").play()
        self.second(feed, 0)
        feed.end()
        stream = next(stream for stream in self.local.listed()["streams"] if stream["name"] == "tagged")
        self.assertEqual(stream["tags"], {"floor": "3", "room": "kitchen"})


if __name__ == "__main__":
    case.main()
