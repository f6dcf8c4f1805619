# SPDX-License-Identifier: Apache-2.0
"""kvs-local and its disk: full, read only, damaged, somebody else's. Spoken to by hand, without a producer."""
import http.client
import json
import os
import pathlib
import resource
import shutil
import subprocess
import unittest

from support import case
from support.kvs_local import PROGRAM, KvsLocal
from support.waiting import PATIENCE, wait_until

DATA = pathlib.Path(__file__).parent.parent / "data" / "kvs-local-unmarked"
NOBODY = 65534


def element(number, payload):
    return bytes.fromhex(number) + (0x0100_0000_0000_0000 | len(payload)).to_bytes(8, "big") + payload


def head():
    """EBML header, an open Segment, Info, one video track."""
    entry = (element("d7", b"\1") + element("73c5", b"\7") + element("83", b"\1")
             + element("86", b"V_MPEG4/ISO/AVC"))
    return (element("1a45dfa3", element("4282", b"matroska")) + bytes.fromhex("18538067 01ffffffffffffff")
            + element("1549a966", element("2ad7b1", (1_000_000).to_bytes(3, "big")))
            + element("1654ae6b", element("ae", entry)))


def fragment(milliseconds, payload=b"picture"):
    """A whole Cluster with one key frame and the tag that ends it."""
    block = element("a3", b"\x81\0\0\x80" + payload)
    end = element("67c8", element("45a3", b"AWS_KINESISVIDEO_END_OF_FRAGMENT") + element("4487", b""))
    return (element("1f43b675", element("e7", milliseconds.to_bytes(8, "big")) + block)
            + element("1254c367", element("7373", end)))


class Session:
    """A PutMedia session whose body is sent piece by piece."""

    def __init__(self, service, stream):
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
        self.connection.putrequest("POST", "/putMedia")
        for name, value in (("x-amzn-stream-name", stream), ("x-amzn-fragment-timecode-type", "ABSOLUTE"),
                            ("x-amzn-producer-start-timestamp", "0"), ("Transfer-Encoding", "chunked")):
            self.connection.putheader(name, value)
        self.connection.endheaders()
        self.response = None
        self.send(head())

    def send(self, data):
        self.connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        if self.response is None:
            self.response = self.connection.getresponse()
            assert self.response.status == 200, self.response.read()

    def heard(self, event):
        """The next acknowledgement of that kind, or the ERROR that comes instead; None at the end."""
        while line := self.response.readline():
            if line.strip() and (ack := json.loads(line))["EventType"] in (event, "ERROR"):
                return ack
        return None

    def persist(self, milliseconds):
        self.send(fragment(milliseconds))
        return self.heard("PERSISTED")

    def close(self):
        self.connection.close()


class DiskTest(case.IntegrationTest):
    def by_hand(self, *options):
        return self.service("--no-auth", *options)

    @staticmethod
    def call(service, operation, **body):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
        try:
            connection.request("POST", "/" + operation, json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def create(self, service, name, **fields):
        status, answer = self.call(service, "createStream", StreamName=name, DataRetentionInHours=1, **fields)
        self.assertEqual(status, 200, answer)
        return answer["StreamARN"]

    def session(self, service, stream):
        session = Session(service, stream)
        self.addCleanup(session.close)
        return session

    def recorded(self, count=3):
        """A service that holds `count` fragments of the stream cam."""
        service = self.by_hand()
        self.create(service, "cam")
        session = self.session(service, "cam")
        for i in range(count):
            self.assertEqual(session.persist(1000 * (i + 1))["EventType"], "PERSISTED")
        session.close()
        return service

    @staticmethod
    def fill_disk(service, full=True):
        """Its files cannot grow any more, as on a full disk; or they can again."""
        infinite = resource.RLIM_INFINITY
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (0 if full else infinite, infinite))

    def state(self, service):
        """All that the control plane tells of all streams."""
        told = {}
        for stream in self.call(service, "listStreams")[1]["StreamInfoList"]:
            name = stream["StreamName"]
            told[name] = (stream, self.call(service, "listTagsForStream", StreamName=name)[1])
        return told

    def changes(self, service, arn):
        """One call of each operation that changes a stream, here cam."""
        version = self.call(service, "describeStream", StreamName="cam")[1]["StreamInfo"]["Version"]
        cam = {"StreamName": "cam", "CurrentVersion": version}
        return {
            "createStream": {"StreamName": "new", "DataRetentionInHours": 1},
            "updateStream": {**cam, "DeviceName": "other"},
            "updateDataRetention": {**cam, "Operation": "INCREASE_DATA_RETENTION", "DataRetentionChangeInHours": 5},
            "tagStream": {"StreamName": "cam", "Tags": {"c": "d"}},
            "untagStream": {"StreamName": "cam", "TagKeyList": ["a"]},
            "deleteStream": {"StreamARN": arn},
        }

    def test_what_a_full_disk_refused_has_not_happened(self):
        service = self.by_hand()
        arn = self.create(service, "cam", Tags={"a": "b"})
        before = self.state(service)
        self.fill_disk(service)
        for operation, body in self.changes(service, arn).items():
            with self.subTest(operation):
                self.assertEqual(self.call(service, operation, **body)[0], 500)
                self.assertEqual(self.state(service), before)
        self.fill_disk(service, False)
        self.assertEqual(self.state(service), before)
        service.kill()
        service.start()
        self.assertEqual(self.state(service), before)

    def test_no_fragment_is_persisted_for_a_stream_that_a_full_disk_refused(self):
        service = self.by_hand()
        self.fill_disk(service)
        self.assertEqual(self.call(service, "createStream", StreamName="cam", DataRetentionInHours=1)[0], 500)
        self.fill_disk(service, False)
        with self.assertRaisesRegex(AssertionError, "ResourceNotFoundException"):
            self.session(service, "cam")
        self.create(service, "cam")
        self.assertEqual(self.session(service, "cam").persist(1000)["EventType"], "PERSISTED")
        service.kill()
        service.start()
        self.assertEqual(len(service.fragments("cam")), 1)

    def test_a_session_goes_on_when_its_stream_could_not_be_deleted(self):
        service = self.by_hand()
        arn = self.create(service, "cam")
        session = self.session(service, "cam")
        self.assertEqual(session.persist(1000)["EventType"], "PERSISTED")
        self.fill_disk(service)
        self.assertEqual(self.call(service, "deleteStream", StreamARN=arn)[0], 500)
        self.fill_disk(service, False)
        self.assertEqual(session.persist(2000)["EventType"], "PERSISTED")
        self.assertEqual(self.call(service, "deleteStream", StreamARN=arn)[0], 200)
        session.send(fragment(3000))
        self.assertEqual(session.heard("PERSISTED")["ErrorId"], 4507)
        service.kill()
        service.start()
        self.assertEqual(service.streams(), [])

    def test_operations_work_again_when_the_disk_has_room_again(self):
        service = self.by_hand()
        arn = self.create(service, "cam", Tags={"a": "b"})
        self.fill_disk(service)
        for operation, body in self.changes(service, arn).items():
            self.assertEqual(self.call(service, operation, **body)[0], 500, operation)
        self.fill_disk(service, False)
        changes = self.changes(service, arn)
        for operation in ("createStream", "updateStream", "tagStream", "untagStream"):
            self.assertEqual(self.call(service, operation, **changes[operation])[0], 200, operation)
        body = self.changes(service, arn)["updateDataRetention"]
        self.assertEqual(self.call(service, "updateDataRetention", **body)[0], 200)
        before = self.state(service)
        service.kill()
        service.start()
        self.assertEqual(self.state(service), before)

    def test_fragments_on_a_full_disk_are_refused_and_leave_nothing(self):
        service = self.recorded(1)
        self.fill_disk(service)
        session = self.session(service, "cam")
        self.assertEqual(session.persist(5000)["ErrorId"], 5001)
        self.fill_disk(service, False)
        self.assertEqual(len(service.fragments("cam")), 1)
        files = list(pathlib.Path(service.data).glob("streams/*/fragments/*"))
        self.assertEqual(len(files), 1, files)
        self.assertEqual(self.session(service, "cam").persist(5000)["EventType"], "PERSISTED")

    def test_a_folder_that_could_not_be_made_is_tried_again(self):
        service = self.by_hand()
        self.create(service, "cam")
        in_the_way = pathlib.Path(service.data, "streams", "1-cam")
        in_the_way.write_text("a file", encoding="utf-8")
        self.assertEqual(self.session(service, "cam").persist(1000)["ErrorId"], 5001)
        in_the_way.unlink()
        self.assertEqual(self.session(service, "cam").persist(1000)["EventType"], "PERSISTED")

    def test_a_stream_whose_folder_was_removed_meanwhile_goes_on(self):
        service = self.recorded(1)
        shutil.rmtree(pathlib.Path(service.data, "streams", "1-cam"))
        self.assertEqual(self.session(service, "cam").persist(9000)["EventType"], "PERSISTED")
        self.assertEqual([one["state"] for one in service.fragments("cam")], ["damaged", "stored"])

    def test_a_fragment_whose_file_was_emptied_or_removed_meanwhile_is_not_persisted(self):
        for harm in (lambda path: os.truncate(path, 0), os.unlink):
            service = self.by_hand()
            self.create(service, "cam")
            session = self.session(service, "cam")
            whole = fragment(1000, bytes(2_000_000))
            session.send(whole[:1_500_000])
            parts = pathlib.Path(service.data)
            part = wait_until(lambda folder=parts: next(
                (path for path in folder.glob("streams/*/fragments/*.part") if path.stat().st_size > 500_000), None),
                "a part of the fragment is on disk")
            harm(part)
            session.send(whole[1_500_000:])
            self.assertEqual(session.heard("PERSISTED")["ErrorId"], 5001)
            self.assertEqual(service.fragments("cam"), [])

    def test_a_header_that_is_gone_or_emptied_is_not_persisted_and_comes_back(self):
        for harm in (lambda path: os.truncate(path, 0), os.unlink):
            service = self.by_hand()
            self.create(service, "cam")
            session = self.session(service, "cam")
            self.assertEqual(session.persist(1000)["EventType"], "PERSISTED")
            harm(next(pathlib.Path(service.data).glob("streams/*/headers/*.mkv")))
            self.assertEqual(session.persist(2000)["ErrorId"], 5001)
            self.assertEqual(self.session(service, "cam").persist(2000)["EventType"], "PERSISTED")
            self.assertEqual([one["state"] for one in service.fragments("cam")], ["stored", "stored"])

    def export(self, service, status):
        path = os.path.join(self.folder, "out.mkv")
        done = subprocess.run([PROGRAM, "export", "cam", path, "--data-dir", service.data], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_what_is_damaged_is_said_and_stepped_over(self):
        service = self.recorded(3)
        files = sorted(pathlib.Path(service.data).glob("streams/*/fragments/*.frag"))
        os.truncate(files[0], 0)
        files[1].unlink()
        states = [(one["state"], one.get("damage", "")) for one in service.fragments("cam")]
        self.assertEqual([state for state, _ in states], ["damaged", "damaged", "stored"])
        self.assertRegex(states[0][1], "holds 0 bytes of")
        self.assertEqual(states[1][1], "its file is gone")
        self.assertEqual(service.listed()["streams"][0]["damaged"], 2)
        done = self.export(service, 3)
        self.assertRegex(done.stdout, "1 fragments, 1 frames")
        self.assertEqual(done.stderr.count("is stepped over"), 2)
        service.kill()
        service.start()
        self.assertIn("cam: the files of 2 of its 3 fragments are damaged or gone", service.log())
        os.truncate(files[2], 1)
        done = self.export(service, 3)
        self.assertIn("no file is written", done.stderr)

    def test_a_folder_of_others_is_refused_and_left_as_it_is(self):
        folder = pathlib.Path(self.folder, "pictures")
        (folder / "streams" / "holiday").mkdir(parents=True)
        (folder / "streams" / "holiday" / "beach.jpg").write_text("picture", encoding="utf-8")
        done = subprocess.run([PROGRAM, "--port", "0", "--data-dir", folder], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("was not made by kvs-local and is left as it is", done.stderr)
        self.assertEqual([str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))],
                         ["streams", "streams/holiday", "streams/holiday/beach.jpg"])

    def test_a_folder_of_the_first_version_goes_on(self):
        parent = os.path.join(self.folder, "old")
        shutil.copytree(DATA / "folder", os.path.join(parent, "data"))
        service = KvsLocal(parent, "--no-auth")
        self.addCleanup(service.stop)
        service.start()
        self.assertEqual(service.streams(), ["cam", "gate"])
        self.assertEqual(self.session(service, "cam").persist(1_700_000_100_000)["EventType"], "PERSISTED")
        self.assertEqual(len(service.fragments("cam")), 3)
        for name, path in zip(("cam.mkv", "cam-2.mkv"), service.export("cam")[:2]):
            self.assertEqual(pathlib.Path(path).read_bytes(), (DATA / "exports" / name).read_bytes())

    def as_nobody(self, *arguments):
        """The program run by a user who may not write what others own."""
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
        return subprocess.run([*prefix, PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                              check=False, cwd="/", env={**os.environ, "TMPDIR": "/tmp"})

    def open_to_readers(self, service):
        """Everybody may read the data folder, nobody else may write there."""
        for folder in (self.folder, os.path.dirname(service.data), service.data):
            os.chmod(folder, 0o755)

    def expect_readable(self, service):
        self.open_to_readers(service)
        before = sorted(os.listdir(service.data))
        done = self.as_nobody("ls", "cam", "--json", "--data-dir", service.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(json.loads(done.stdout)["fragments"]), 3)
        out = os.path.join(self.folder, "by-nobody")
        os.makedirs(out, exist_ok=True)
        os.chmod(out, 0o777)
        done = self.as_nobody("export", "cam", os.path.join(out, "out.mkv"), "--data-dir", service.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(service.data)), before)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "only root can run it as somebody else")
    def test_another_user_reads_while_the_service_runs_and_after_it_ended_or_was_killed(self):
        service = self.recorded(3)
        self.expect_readable(service)
        service.kill()
        self.expect_readable(service)
        os.unlink(os.path.join(service.data, "kvs-local.db-shm"))  # as in a copy of the two other files
        self.expect_readable(service)
        service.start()
        self.assertEqual(service.stop(), 0)
        self.expect_readable(service)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "only root can run it as somebody else")
    def test_what_is_in_the_way_of_reading_is_said(self):
        service = self.recorded(1)
        service.stop()
        self.open_to_readers(service)
        os.chmod(os.path.join(service.data, "kvs-local.db"), 0o600)
        done = self.as_nobody("ls", "--data-dir", service.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("kvs-local.db: Permission denied", done.stderr)
        os.chmod(service.data, 0o700)
        done = self.as_nobody("ls", "--data-dir", service.data)
        self.assertIn(f"{service.data}: Permission denied", done.stderr)


if __name__ == "__main__":
    case.main()
