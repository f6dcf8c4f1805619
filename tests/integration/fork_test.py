# SPDX-License-Identifier: Apache-2.0
"""A child that was forked without exec, and uses a kvssink that it made itself: its stream comes to its end like any
other, whatever its parent had done with GStreamer before."""
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from types import SimpleNamespace

from support import case, sources
from support.pipelines import GLib, Gst
from support.waiting import PATIENCE, wait_until

UNITS = 50


def recording():
    """Encoded by the test: an encoder's threads are no part of this."""
    with open(os.environ["KVS_TEST_RECORDING"], "rb") as file:
        return pickle.load(file)


def stream(url, name):
    """A stream of its own, from its first frame to EOS."""
    feed = sources.Feed(SimpleNamespace(url=url), name).play()
    feed.push(recording())
    feed.end()


def in_child(work, *arguments):
    """The exit status of a forked child that does `work`; a signal's number, negative, where it did not end."""
    child = os.fork()
    if child == 0:
        signal.alarm(round(PATIENCE))
        status = 1
        try:
            work(*arguments)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def after_initialising(url):
    return in_child(stream, url, "child")


def after_loading(url):
    Gst.Registry.get().find_plugin("kvssink").load()
    Gst.ElementFactory.make("kvssink").set_state(Gst.State.READY)
    return in_child(stream, url, "child")


def after_a_stream(url):
    stream(url, "parent")
    return in_child(stream, url, "child")


def after_a_stream_whose_threads_are_idle(url):
    stream(url, "parent")
    wait_until(lambda: GLib.ThreadPool.get_num_unused_threads() > 0, "the streaming thread has nothing to do")
    return in_child(stream, url, "child")


def beside_a_stream(url):
    feed = sources.Feed(SimpleNamespace(url=url), "parent").play()
    units = recording()
    feed.push_and_wait(units[:30])
    feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
    status = in_child(stream, url, "child")
    feed.push(units[30:])
    feed.end()
    return status


def child_after_child(url):
    status = in_child(stream, url, "child")
    return status or in_child(stream, url, "second") or in_child(childs_child, url)


def childs_child(url):
    stream(url, "third")
    if in_child(stream, url, "fourth") != 0:
        raise AssertionError("a child's child did not come to its end")


def by_multiprocessing(url):
    stream(url, "parent")
    context = multiprocessing.get_context("fork")
    process = context.Process(target=stream, args=(url, "child"))
    process.start()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
    return process.exitcode


def without_waiting(url):
    """The end comes by the element's own deadline, since nobody answers."""
    def unanswered():
        feed = sources.Feed(SimpleNamespace(url="http://127.0.0.1:9"), "child", stop_stream_timeout=1).play()
        feed.push(recording())
        feed.end()
    stream(url, "parent")
    return in_child(unanswered)


WAYS = {one.__name__: one for one in (after_initialising, after_loading, after_a_stream,
                                      after_a_stream_whose_threads_are_idle, beside_a_stream,
                                      child_after_child, by_multiprocessing, without_waiting)}


class ForkTest(case.IntegrationTest):
    def check(self, way, *streams):
        service = self.service()
        path = os.path.join(self.folder, "recording")
        with open(path, "wb") as file:
            pickle.dump(sources.encode(UNITS), file)
        done = subprocess.run([sys.executable, __file__, "--way", way, service.url],
                              env={**os.environ, "KVS_TEST_RECORDING": path}, capture_output=True, text=True,
                              timeout=2 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for stream_name in streams:
            frames = sum(fragment["frames"] for fragment in service.fragments(stream_name))
            self.assertEqual(frames, UNITS, stream_name)

    def test_the_parent_had_only_initialised_gstreamer(self):
        self.check("after_initialising", "child")

    def test_the_parent_had_only_loaded_the_plugin(self):
        self.check("after_loading", "child")

    def test_the_parent_had_used_a_kvssink_before(self):
        self.check("after_a_stream", "parent", "child")

    def test_the_parents_threads_were_idle(self):
        self.check("after_a_stream_whose_threads_are_idle", "parent", "child")

    def test_the_parents_kvssink_goes_on(self):
        self.check("beside_a_stream", "parent", "child")

    def test_one_child_after_another_and_a_childs_child(self):
        self.check("child_after_child", "child", "second", "third", "fourth")

    def test_by_pythons_multiprocessing(self):
        self.check("by_multiprocessing", "parent", "child")

    def test_the_deadline_at_the_end_comes_too(self):
        self.check("without_waiting", "parent")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        sys.exit(WAYS[sys.argv[2]](sys.argv[3]))
    case.main()
