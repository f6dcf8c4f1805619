# SPDX-License-Identifier: Apache-2.0
"""dump-dir and KVS_DEBUG_DUMP_DATA_FILE_DIR: each session's bytes in a file, exactly as they were sent."""
import os

from support import case, environment, frames, judges, matroska, sources
from support.kvs_local import SECRET_KEY
from support.pipelines import Gst, Pipeline, kvssink


class DumpTest(case.IntegrationTest):
    def dumps(self):
        return os.path.join(self.folder, "dumps")

    def files(self):
        return sorted(os.listdir(self.dumps())) if os.path.isdir(self.dumps()) else []

    def run_one(self, service, stream, **properties):
        return Pipeline(f"{sources.camera(60)} ! {sources.x264()} ! {kvssink(service, stream, **properties)}").run()

    def check_same(self, service, stream, path):
        """What the service stored and what was dumped: the same blocks at the same times."""
        dumped, stored = matroska.read(path), self.exported(service, stream)
        self.assertEqual(judges.complaints(path), [])
        self.assertEqual(self.timed(dumped), self.timed(stored))
        return dumped

    @staticmethod
    def timed(recording):
        """Blocks with their times since the first one's: an export's time 0 is another than a session's."""
        first = recording.blocks[0].time_ns
        return [(block.time_ns - first, block.data) for block in recording.blocks]

    def test_a_session_is_a_file_with_all_that_was_sent(self):
        os.mkdir(self.dumps())
        service = self.service()
        run = self.run_one(service, "yard", dump_dir=self.dumps())
        self.assertEqual(self.files(), ["yard_0.mkv"])
        path = os.path.join(self.dumps(), "yard_0.mkv")
        self.assertEqual(os.path.getsize(path), run.stats()["bytes-sent"])
        frames.check_bytes(self, frames.expected(run.entered), self.check_same(service, "yard", path).blocks)
        self.assertEqual(run.warnings(), [])

    def test_the_environment_names_the_folder_too_and_older_files_stay(self):
        os.mkdir(self.dumps())
        environment.adopt({**os.environ, "KVS_DEBUG_DUMP_DATA_FILE_DIR": self.dumps()})
        service = self.service()
        self.run_one(service, "door")
        with open(os.path.join(self.dumps(), "door_0.mkv"), "rb") as file:
            first = file.read()
        self.run_one(service, "door")
        self.assertEqual(self.files(), ["door_0.mkv", "door_1.mkv"])
        with open(os.path.join(self.dumps(), "door_0.mkv"), "rb") as file:
            self.assertEqual(file.read(), first)

    def test_a_new_session_is_a_new_file(self):
        os.mkdir(self.dumps())
        service = self.service(faults=[{"match": {"operation": "putMedia"}, "when": {"afterFragments": 1},
                                        "action": {"type": "reset"}}])
        feed = sources.Feed(service, "again", dump_dir=self.dumps()).play()
        feed.push(sources.encode(150))
        feed.end()
        self.assertGreaterEqual(feed.stats()["sessions"], 2)
        self.assertEqual(self.files(), [f"again_{index}.mkv" for index in range(feed.stats()["sessions"])])

    def test_a_missing_folder_is_a_warning_and_is_not_made(self):
        service = self.service()
        run = self.run_one(service, "gone", dump_dir=self.dumps())
        self.assertFalse(os.path.exists(self.dumps()))
        warnings = [str(error) for error, _ in run.warnings()]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn(self.dumps(), warnings[0])
        self.assertEqual(sum(fragment["frames"] for fragment in service.fragments("gone")), 60)

    def test_a_dot_file_shows_state_and_figures_and_no_secret(self):
        secrets = ["AKIDINADOTFILE000000", "a/secret/in/a/dot/file", "a-token-in-a-dot-file"]
        service = self.service()
        keys = dict(zip(("access_key", "secret_key", "session_token"), secrets))
        feed = sources.Feed(service, "dots", **keys).play()
        feed.push(sources.encode(50))
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 1, "a fragment is stored")
        dot = Gst.debug_bin_to_dot_data(feed.pipeline, Gst.DebugGraphDetails.VERBOSE)
        for wanted in ("status=", "streaming ", "kbit/s", "s buffered"):
            self.assertIn(wanted, dot)
        for secret in (*secrets, SECRET_KEY):
            self.assertNotIn(secret, dot)
        feed.end()


if __name__ == "__main__":
    case.main()
