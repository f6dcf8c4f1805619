# SPDX-License-Identifier: Apache-2.0
"""One loop thread in the process, however many elements there are; none when the plugin is merely loaded."""
import re
from collections import Counter

from support import case, sources
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import camera, x264
from support.threads import ours, thread_names
from support.waiting import wait_until


class ThreadsTest(case.IntegrationTest):
    def test_loading_the_plugin_and_making_elements_starts_none(self):
        before = len(thread_names())
        plugin = Gst.Registry.get().find_plugin("kvssink")
        self.assertTrue(plugin.load().is_loaded())
        elements = [Gst.ElementFactory.make("kvssink") for _ in range(16)]
        for element in elements:
            element.set_state(Gst.State.READY)
        self.assertEqual((len(thread_names()), ours()), (before, []))
        for element in elements:
            element.set_state(Gst.State.NULL)

    def test_sixteen_elements_have_one_loop_thread_together(self):
        service = self.service()
        feeds = [sources.Feed(service, f"thread-{index}") for index in range(16)]
        units = sources.encode(50)
        for feed in feeds:
            feed.play()
            feed.push(units)
        for feed in feeds:
            feed.wait_for(lambda feed=feed: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.assertEqual(ours(), ["kvs-loop"])
        for feed in feeds:
            feed.end()
        wait_until(lambda: not ours(), "the loop's thread goes with the last element")
        for index in range(16):
            self.assertEqual(sum(fragment["frames"] for fragment in service.fragments(f"thread-{index}")), 50)

    def test_one_pipeline_adds_one_thread_to_those_of_gstreamer(self):
        service = self.service()
        source = f"{camera(100000)} ! {x264(tune='zerolatency')} ! "
        control = Gst.parse_launch(source + "fakesink name=sink")
        control.set_state(Gst.State.PLAYING)
        control.get_state(Gst.CLOCK_TIME_NONE)
        before = thread_names()
        control.set_state(Gst.State.NULL)
        run = Pipeline(source + kvssink(service, "threads")).play()
        run.wait_for(lambda: run.stats()["acks-persisted"] >= 1, "a fragment is stored")
        after = self.kinds(thread_names())
        run.stop()
        self.assertEqual(after - self.kinds(before), Counter(["kvs-loop"]))

    @staticmethod
    def kinds(names):
        """Names without their numbers; pools of GLib keep idle threads, which are not the element's affair."""
        return Counter(re.sub(r"\d+", "", name) for name in names if not name.startswith("pool-"))


if __name__ == "__main__":
    case.main()
