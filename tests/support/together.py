# SPDX-License-Identifier: Apache-2.0
"""Tests of one program side by side: for those that mostly wait, for a time-out, a back-off, a link's return.

A program of such tests ends with together.main(). What is process-wide (environment, certificate, the watchdog) is
set there, once; everything else is each test's own.
"""
import faulthandler
import functools
import os
import shutil
import ssl
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed

from support import case, environment, matroska, sources
from support.pipelines import GLib, Gst
from support.proxy import Proxy
from support.sources import Feed
from support.waiting import PATIENCE, SLOWNESS

FPS = 25
WIDTH = 12  # tests at once
LIMIT = 150 * SLOWNESS  # seconds for the program: then every thread's stack is printed and it ends
NAMES = "subjectAltName=DNS:localhost,DNS:*.kvs.test,IP:127.0.0.1,IP:127.0.0.2"
BACK_OFF_CAP = 10  # seconds, the core's
CONNECTION_TIMEOUT = 1  # seconds, the property in these tests
# For a feed that must meet no time-out, however busy the machine is.
UNHURRIED = {"connection_timeout": 30, "completion_timeout": 30}
# Back-off cap + connection-timeout + 1 s; and as much for a machine with more to do than cores.
WAY_BACK = SLOWNESS * 2 * (BACK_OFF_CAP + CONNECTION_TIMEOUT + 1)


@functools.cache
def recording(seconds):
    """Frames of so many fragments of one second; made before the tests begin to run side by side."""
    return sources.encode(seconds * FPS, FPS, key_interval=FPS)


class Identity:
    """A certificate of this program's own, for every service that speaks TLS here."""
    certificate = key = None

    @classmethod
    def make(cls, folder):
        cls.certificate, cls.key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=kvs-local", "-addext", NAMES, "-keyout", cls.key,
                        "-out", cls.certificate], capture_output=True, timeout=PATIENCE, check=True)

    @classmethod
    def context(cls):
        """For a client of Python's own."""
        return ssl.create_default_context(cafile=cls.certificate)


class NamedPlace:
    """A proxy under a name of its own."""

    def __init__(self, proxy, name):
        self.proxy, self.name = proxy, name

    @property
    def url(self):
        return f"https://{self.name}:{self.proxy.port}"


class SideBySide(case.IntegrationTest):
    """A test that shares its process with others that run at the same time."""
    tls = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-integration-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def shortDescription(self):
        """The name says which class it is, too."""
        return None

    def local(self, *options, **settings):
        """A kvs-local, over TLS where the class says so."""
        if self.tls:
            options += ("--tls", "--cert", Identity.certificate, "--key", Identity.key)
        return self.service("--no-fsync", *options, **settings)

    def exported(self, service, stream, decode=False):
        """The export, which is one file. Its form is judged by other tests: that costs more than all of this."""
        paths = service.export(stream)
        self.assertEqual(len(paths), 1, paths)
        return matroska.read(paths[0])

    def link(self, service, **settings):
        proxy = Proxy(service, **settings).start()
        self.addCleanup(proxy.stop)
        return proxy

    def feed(self, place, stream="stream", **properties):
        settings = {"connection_timeout": CONNECTION_TIMEOUT, "completion_timeout": 2, **properties}
        feed = Feed(place, stream, **settings).play()
        self.addCleanup(lambda: feed.last_stats is None and feed.stop())
        return feed

    def persisted(self, feed, more=1):
        """Waits until `more` fragments than now are stored; answers how long that took, in seconds."""
        before = feed.stats()["acks-persisted"]
        return feed.timed(lambda: feed.stats()["acks-persisted"] >= before + more, f"{more} more fragments are stored")

    def finish(self, service, feed, stream="stream"):
        """Ends it: every frame that was fed is there once, in its place, and nothing was lost or failed."""
        feed.end()
        stats = feed.stats()
        self.assertEqual((stats["fragments-lost"], stats["fragments-refused"]), (0, 0), feed.warnings())
        self.assertEqual(feed.errors(), [])
        return self.check_whole(service, stream, feed.entered, decode=False)

    def states(self, feed):
        return [change.get_string("state") for change in feed.structures("kvssink-connection")]

    def came_back(self, seconds):
        self.assertLess(seconds, WAY_BACK, "seconds from the link's return to a stored fragment")


class Outcome(unittest.TestResult):
    """Notes what a test came to, to be told by the one thread that may write."""

    def __init__(self):
        super().__init__()
        self.notes = []

    def tell(self, result):
        for name, arguments in self.notes:
            getattr(result, name)(*arguments)


def note(name):
    def noting(self, *arguments):
        getattr(unittest.TestResult, name)(self, *arguments)
        self.notes.append((name, arguments))
    return noting


for each in ("startTest", "addSuccess", "addFailure", "addError", "addSkip", "addSubTest", "stopTest"):
    setattr(Outcome, each, note(each))


class Together(unittest.TestSuite):
    """A suite that runs its tests in threads."""

    def flat(self):
        for one in self:
            yield from one.flat() if isinstance(one, Together) else [one]

    @staticmethod
    def alone(test):
        outcome = Outcome()
        test.run(outcome)
        return outcome

    def run(self, result, debug=False):
        with ThreadPoolExecutor(WIDTH) as pool:
            for job in as_completed([pool.submit(self.alone, test) for test in self.flat()]):
                job.result().tell(result)
        return result


class Nowhere:
    url = "http://127.0.0.1:9"


def warm_up():
    """PyGObject makes classes and enumerations when they are first met, which threads must not do at one time: one
    stream that leads nowhere meets all that these tests use."""
    feed = Feed(Nowhere, "warm-up", stop_stream_timeout=0).play()
    feed.push_and_wait(recording(1))
    feed.wait_for(lambda: any(change.get_string("state") and change.get_value("delay")
                              for change in feed.structures("kvssink-connection")), "an attempt failed")
    Gst.Message.new_warning(None, GLib.Error("warm-up"), "").parse_warning()
    Gst.Message.new_error(None, GLib.Error("warm-up"), "").parse_error()
    feed.stop()


def main(seconds=8):
    """Runs the program's tests; `seconds` is the longest recording() that they ask for."""
    faulthandler.enable()  # a crash shows where each thread is
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    with tempfile.TemporaryDirectory(prefix="kvs-together-") as folder:
        environment.adopt(environment.with_key(folder))
        Identity.make(folder)
        os.environ["KVSSINK_CA_CERT_PATH"] = Identity.certificate
        recording(seconds)
        warm_up()
        loader = unittest.TestLoader()
        loader.suiteClass = Together
        program = unittest.main(testLoader=loader, verbosity=2, exit=False)
    faulthandler.cancel_dump_traceback_later()
    raise SystemExit(not program.result.wasSuccessful())
