# SPDX-License-Identifier: Apache-2.0
"""The base of the integration tests: a folder and a clean environment each, services that always end."""
import faulthandler
import os
import shutil
import subprocess
import tempfile
import unittest

from support import environment, frames, judges, matroska
from support.kvs_local import KvsLocal
from support.waiting import PATIENCE, SLOWNESS


class IntegrationTest(unittest.TestCase):
    limit = 120 * SLOWNESS  # seconds for one test: then every thread's stack is printed and the program ends

    def setUp(self):
        faulthandler.dump_traceback_later(self.limit, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.folder = tempfile.mkdtemp(prefix="kvs-integration-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        before = dict(os.environ)
        self.addCleanup(environment.adopt, before)
        environment.adopt(environment.with_key(self.folder))

    def write(self, name, text, mode=0o600):
        """A file in the test's folder; answers its path."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def service(self, *options, **settings):
        service = KvsLocal(tempfile.mkdtemp(prefix="service-", dir=self.folder), *options, **settings)
        self.addCleanup(service.stop)
        return service.start()

    def launch(self, *arguments, env=None, timeout=PATIENCE):
        """gst-launch-1.0, to its end."""
        return subprocess.run(["gst-launch-1.0", *arguments], env=env, capture_output=True, text=True,
                              timeout=timeout, check=False)

    def exported(self, service, stream, decode=True):
        """The export of a stream, which is one file that no judge complains about."""
        paths = service.export(stream)
        self.assertEqual(len(paths), 1, paths)
        self.assertEqual(judges.complaints(paths[0], decode), [])
        recording = matroska.read(paths[0])
        self.assertEqual(len(judges.packets(paths[0])), len(recording.blocks))
        return recording

    def check_whole(self, service, stream, entered, decode=True):
        """All that entered is in the export; answers the recording."""
        wanted = frames.expected(entered)
        self.assertTrue(wanted, "frames entered kvssink")
        recording = self.exported(service, stream, decode)
        frames.check_bytes(self, wanted, recording.blocks)
        frames.check_times(self, wanted, recording.blocks)
        frames.check_clusters(self, recording)
        frames.check_header(self, recording, wanted)
        return recording


def main():
    faulthandler.enable()  # a crash shows where each thread is
    unittest.main(verbosity=2)
