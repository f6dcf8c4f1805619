# SPDX-License-Identifier: Apache-2.0
"""log-config: a log4cplus properties file rules the log, its lines are whole, and the process stays as it was."""
import ctypes
import ctypes.util
import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

from support import case, sources
from support.pipelines import Gst, Pipeline, kvssink
from support.threads import ours, thread_names
from support.waiting import wait_until

EXAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "kvs_log_configuration")
LINE = re.compile(r"^\[(ERROR|WARN |INFO |DEBUG|TRACE)\] \[[^]]+\] (kvs-\w+) ([\w.-]+): \S")


def open_files(path):
    """How often this process has the file open."""
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            count += os.path.realpath(f"/proc/self/fd/{descriptor}") == os.path.realpath(path)
        except OSError:
            continue
    return count


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class LogConfigTest(case.IntegrationTest):
    def place(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def configure(self, path, log, appenders="KvsFileAppender", level="DEBUG"):
        """The example's text, with other appenders in its first line and another file."""
        text = read(EXAMPLE).replace("=DEBUG, KvsConsoleAppender\n", f"={level}, {appenders}\n")
        text = text.replace("File=../log/kvs.log", f"File={log}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def launch_in(self, folder, service, stream, **properties):
        os.makedirs(folder, exist_ok=True)
        pipeline = f"{sources.camera(30)} ! {sources.x264()} ! {kvssink(service, stream, **properties)}"
        return subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], capture_output=True, text=True,
                              cwd=folder, timeout=60, check=False)

    def check_lines(self, text, streams):
        lines = text.splitlines()
        self.assertGreater(len(lines), 5)
        for line in lines:
            self.assertRegex(line, LINE)
        self.assertEqual({LINE.match(line)[3] for line in lines}, set(streams))
        return {LINE.match(line)[2] for line in lines}

    def test_nothing_is_printed_by_default(self):
        done = self.launch_in(self.place("work", "here"), self.service(), "silent")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_gst_debug_has_a_category_for_each_room(self):
        pipeline = f"{sources.camera(30)} ! {sources.x264()} ! {kvssink(self.service(), 'rooms')}"
        env = {**os.environ, "GST_DEBUG": "kvssink:4,kvs-*:7", "GST_DEBUG_NO_COLOR": "1"}
        done = self.launch("-q", *pipeline.split(), env=env)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        lines = [line.split() for line in done.stderr.splitlines()]
        self.assertLessEqual({"kvssink", "kvs-stream", "kvs-aws", "kvs-net", "kvs-media", "kvs-store"},
                             {words[4] for words in lines})
        for words in lines:
            if words[4].startswith("kvs-") and "credentials" not in words:
                self.assertIn("rooms:", words)

    def test_the_example_as_the_guide_has_it_is_found_in_its_usual_place(self):
        log = self.place("log", "kvs.log")
        self.configure(self.place("kvs_log_configuration"), "../log/kvs.log",
                       "KvsConsoleAppender, KvsFileAppender")
        done = self.launch_in(self.place("work"), self.service(), "usual")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, read(log))
        rooms = self.check_lines(done.stdout, ["usual"])
        self.assertLessEqual({"kvs-stream", "kvs-aws", "kvs-media", "kvs-net"}, rooms)

    def test_an_empty_path_is_gst_debugs_log_although_there_is_a_file(self):
        log = self.place("log", "kvs.log")
        self.configure(self.place("kvs_log_configuration"), log)
        done = self.launch_in(self.place("work"), self.service(), "empty", log_config="")
        self.assertEqual((done.returncode, done.stdout, os.path.exists(log)), (0, "", False))

    def test_the_configuration_says_what_is_logged(self):
        log = self.place("log", "kvs.log")
        config = self.configure(self.place("log.conf"), log, level="ERROR")
        with open(config, "a", encoding="utf-8") as file:
            file.write("log4cplus.logger.kvs-aws=DEBUG\n")
        run = Pipeline(f"{sources.camera(30)} ! {sources.x264()} ! "
                       f"{kvssink(self.service(), 'chosen', log_config=config)}").run()
        self.assertEqual(run.warnings(), [])
        wait_until(lambda: open_files(log) == 0, "the log is closed")
        self.assertEqual(self.check_lines(read(log) * 3, ["chosen"]), {"kvs-aws"})

    def test_only_a_path_that_the_user_set_is_missed(self):
        service = self.service()
        missing = os.path.join(self.folder, "missing.conf")
        run = Pipeline(f"{sources.camera(30)} ! {sources.x264()} ! {kvssink(service, 'missing', log_config=missing)}")
        run.run()
        warnings = [str(error) for error, _ in run.warnings()]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn(missing, warnings[0])
        self.assertEqual(sum(fragment["frames"] for fragment in service.fragments("missing")), 30)

    def test_what_is_wrong_in_it_is_said(self):
        service = self.service()
        nowhere = os.path.join(self.folder, "nowhere", "kvs.log")
        config = self.configure(self.place("log.conf"), nowhere)
        for name, wrong in (("file", nowhere), ("appender", "names no appender")):
            if name == "appender":
                self.configure(config, nowhere, "NoSuchAppender")
            run = Pipeline(f"{sources.camera(10)} ! {sources.x264()} ! {kvssink(service, name, log_config=config)}")
            run.run()
            warnings = [str(error) for error, _ in run.warnings()]
            self.assertEqual(len(warnings), 1, warnings)
            self.assertIn(wrong, warnings[0])

    def test_many_elements_share_one(self):
        service = self.service()
        log = self.place("log", "kvs.log")
        config = self.configure(self.place("log.conf"), log)
        names = [f"shared-{index}" for index in range(8)]
        units = sources.encode(50)
        feeds = [sources.Feed(service, name, log_config=config) for name in names]
        for feed in feeds:
            feed.play()
            feed.push(units)
        for feed in feeds:
            feed.wait_for(lambda feed=feed: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.assertEqual(open_files(log), 1)
        self.assertEqual(ours(), ["kvs-loop", "kvs-worker"])
        for feed in feeds:
            feed.end()
            self.assertEqual(feed.warnings(), [])
        wait_until(lambda: open_files(log) == 0, "the log is closed with the last element")
        wait_until(lambda: not ours(), "the threads go with the last element")
        self.check_lines(read(log), names)

    def test_it_adds_one_thread_and_a_forked_child_ends(self):
        service = self.service()
        log = self.place("log", "kvs.log")
        config = self.configure(self.place("log.conf"), log)
        plugin = Gst.Registry.get().find_plugin("kvssink")
        self.assertTrue(plugin.load().is_loaded())
        feed = sources.Feed(service, "forked", log_config=config)
        units = sources.encode(50)
        feed.play()
        feed.push(units)
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        others = [name for name in thread_names() if not name.startswith(("kvs-", "pool-"))]
        self.assertEqual(ours(), ["kvs-loop", "kvs-worker"])
        self.assertEqual([name for name in others if "log" in name], [], "log4cplus has no thread")
        self.assertEqual(end_of_child(), 7)
        feed.end()
        self.assertEqual(read(log).count("kvs-media forked: "), 1)

    def test_a_forked_child_ends_without_it_too(self):
        feed = sources.Feed(self.service(), "forked").play()
        feed.push(sources.encode(50))
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        self.assertEqual(end_of_child(), 7)
        feed.end()

    def beside(self, *arguments):
        """This file as a program of its own, with a log configuration; what it printed, and its log."""
        service = self.service()
        log = self.place("log", "kvs.log")
        config = self.configure(self.place("log.conf"), log)
        done = subprocess.run([sys.executable, __file__, *arguments, service.url, config], capture_output=True,
                              text=True, timeout=60, check=False)
        return done, read(log)

    def test_a_process_may_exit_while_its_log_is_in_use(self):
        done, log = self.beside("--exit")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (5, "", ""))
        self.check_lines(log, ["exit"])

    def test_an_application_keeps_its_own_log4cplus(self):
        done, log = self.beside("--own")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        before, during = done.stdout.split()
        self.assertGreater(int(before), 0, "log4cplus has threads of its own")
        self.assertEqual(during, before)
        self.check_lines(log, ["own"])


def end_of_child():
    """The status of a forked child that calls exit(): all exit handlers and destructors run."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        ctypes.CDLL(None).exit(7)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def stream_with(url, config, name):
    """A pipeline that plays, of which a fragment is stored."""
    feed = sources.Feed(SimpleNamespace(url=url), name, log_config=config)
    units = sources.encode(50)
    feed.play()
    feed.push(units)
    feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
    return feed


def exit_with_a_log(url, config):
    feed = stream_with(url, config, "exit")
    ctypes.CDLL(None).exit(5 if feed else 0)


def log_beside_ones_own(url, config):
    """Prints how many threads log4cplus has before kvssink uses it, and meanwhile."""
    none = len(thread_names())
    ctypes.CDLL(ctypes.util.find_library("log4cplus"))
    own = sorted(set(os.listdir("/proc/self/task")))
    before = len(own) - none
    feed = stream_with(url, config, "own")
    during = len(set(own) & set(os.listdir("/proc/self/task"))) - none
    feed.end()
    print(before, during)


if __name__ == "__main__":
    PROGRAMS = {"--exit": exit_with_a_log, "--own": log_beside_ones_own}
    if sys.argv[1:2] and sys.argv[1] in PROGRAMS:
        PROGRAMS[sys.argv[1]](*sys.argv[2:])
    else:
        case.main()
