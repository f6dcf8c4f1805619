# SPDX-License-Identifier: Apache-2.0
"""Elements come and go: memory, descriptors and threads stay; GStreamer's leak tracer is silent."""
import gc
import os
import re
import subprocess
import sys

from support import case, sources
from support.pipelines import Gst, kvssink
from support.preload import SANITIZER
from support.waiting import wait_until

CYCLES, WARM_UP = 1000, 300
GROWTH = 3 << 20  # bytes of memory over the cycles behind the warm-up: 4 KB a cycle would pass it


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def count(folder):
    return len(os.listdir(f"/proc/self/{folder}"))


def cycle(properties):
    """Create, play, stop, destroy."""
    element = Gst.ElementFactory.make("kvssink")
    for name, value in properties.items():
        element.set_property(name, value)
    for state in (Gst.State.PLAYING, Gst.State.NULL):
        if element.set_state(state) == Gst.StateChangeReturn.FAILURE:
            raise AssertionError(f"no change to {state}")


class CyclesTest(case.IntegrationTest):
    def check_growth(self, growth):
        if not SANITIZER:  # whose own memory grows: it keeps what was freed, and who touched what
            self.assertLess(growth, GROWTH)

    def test_a_thousand_lives_of_the_element(self):
        properties = {"endpoint": self.service().url, "stream-name": "cycle"}
        for _ in range(WARM_UP):
            cycle(properties)
        gc.collect()
        memory, descriptors, threads = resident(), count("fd"), count("task")
        for _ in range(CYCLES - WARM_UP):
            cycle(properties)
        gc.collect()
        wait_until(lambda: count("fd") <= descriptors and count("task") <= threads,
                   f"no more than {descriptors} descriptors and {threads} threads")
        self.check_growth(resident() - memory)

    def test_pipelines_that_stream_and_end(self):
        service = self.service()
        units = sources.encode(25)
        marks = []
        for index in range(60):
            feed = sources.Feed(service, "again").play()
            feed.push(units)
            feed.end()
            if index in (19, 59):
                gc.collect()
                wait_until(lambda: not [n for n in os.listdir("/proc/self/task") if self.is_ours(n)], "no loop")
                marks.append((resident(), count("fd")))
        self.check_growth(marks[1][0] - marks[0][0])
        self.assertLessEqual(marks[1][1], marks[0][1])

    @staticmethod
    def is_ours(task):
        try:
            with open(f"/proc/self/task/{task}/comm", encoding="ascii") as comm:
                return comm.read().startswith("kvs-")
        except (FileNotFoundError, ProcessLookupError):
            return False

    def traced(self, command):
        env = {**os.environ, "GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line for line in done.stderr.splitlines() if re.search(r"(?<!string: )object-(alive|refings), ", line)]

    def test_the_leak_tracer_is_silent(self):
        service = self.service()
        source = "videotestsrc num-buffers=60 ! x264enc speed-preset=ultrafast key-int-max=30 ! "
        control = self.traced(["gst-launch-1.0", *f"{source} fakesink".split()])
        self.assertEqual(control, [], "the tracer is silent without kvssink")
        sink = kvssink(service, "traced").replace('"', "")
        self.assertEqual(self.traced(["gst-launch-1.0", *f"{source} {sink}".split()]), [])

    def test_the_leak_tracer_is_silent_over_many_lives(self):
        url = self.service().url
        self.assertEqual(self.traced([sys.executable, __file__, "--cycles", url]), [])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--cycles"]:
        for _ in range(50):
            cycle({"endpoint": sys.argv[2], "stream-name": "traced"})
        gc.collect()
        Gst.deinit()
    else:
        case.main()
