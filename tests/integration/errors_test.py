# SPDX-License-Identifier: Apache-2.0
"""What cannot work says so: one clear error, an exit status that is not 0, no hang and no crash."""
import re

from support import case, environment

SOURCE = "videotestsrc is-live=true ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
POSTED = re.compile(r"^ERROR: from element \S*kvssink0: (.*)$", re.MULTILINE)


class ErrorsTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.local = self.service()

    def fails(self, properties, wanted, env=None, source=SOURCE):
        """gst-launch ends with one error that matches `wanted`."""
        words = f"{source}kvssink endpoint={self.local.url} {properties}".split()
        done = self.launch("-e", *words, env=env)
        said = done.stderr + done.stdout
        self.assertGreater(done.returncode, 0, said)
        self.assertNotRegex(said, "CRITICAL|Caught SIG|Segmentation")
        # An error before PLAYING is said again by the change to PLAYING, which fails.
        errors = sorted(set(POSTED.findall(said)))
        self.assertEqual(len(errors), 1, said)
        self.assertRegex(errors[0], wanted)
        return said

    def test_no_credentials(self):
        said = self.fails("stream-name=x", "(?i)credentials", env=environment.clean(self.folder))
        self.assertIn("AWS_ACCESS_KEY_ID", said)

    def test_wrong_secret(self):
        env = environment.with_key(self.folder, secret_key="wrong")
        said = self.fails("stream-name=x", "(?i)signature|key|refused|denied|authoriz", env=env)
        self.assertIn("request id", said)
        self.assertNotIn("wrong/", said)
        self.assertEqual(self.local.streams(), [])

    def test_unknown_key(self):
        env = environment.with_key(self.folder, access_key="AKIDNOBODY0000000000")
        self.fails("stream-name=x", "(?i)key|token|refused|denied|authoriz|credentials", env=env)

    def test_empty_stream_name(self):
        self.fails('stream-name=""', "(?i)stream.*name.*1 to 256|stream.*name.*empty")

    def test_over_long_stream_name(self):
        self.fails(f"stream-name={'x' * 257}", "(?i)stream.*name.*256")

    def test_stream_name_with_other_characters(self):
        self.fails("stream-name=a/b", "(?i)stream.*name")

    def test_no_storage(self):
        self.fails("stream-name=x storage-size=0", "(?i)storage.size.*10 MiB")

    def test_raw_video(self):
        done = self.launch("videotestsrc", "!", "video/x-raw", "!", "kvssink", f"endpoint={self.local.url}")
        self.assertGreater(done.returncode, 0)
        self.assertRegex(done.stderr, "could not link|not-linked|not-negotiated")
        self.assertNotIn("CRITICAL", done.stderr)

    def test_raw_video_without_a_filter(self):
        done = self.launch("videotestsrc", "!", "kvssink", f"endpoint={self.local.url}")
        self.assertGreater(done.returncode, 0)
        self.assertRegex(done.stderr, "could not link|not-linked|not-negotiated")

    def test_no_stream_and_creating_is_not_allowed(self):
        said = self.fails("stream-name=missing allow-create-stream=false", "(?i)missing|allow-create-stream")
        self.assertIn("request id", said)

    def test_without_a_name_it_is_the_default_stream(self):
        source = SOURCE.replace("is-live=true", "num-buffers=60").split()
        done = self.launch(*source, "kvssink", f"endpoint={self.local.url}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.local.streams(), ["DEFAULT_STREAM"])
        self.assertEqual(len(self.exported(self.local, "DEFAULT_STREAM").blocks), 60)

    def test_what_an_unreachable_service_left_behind_is_told(self):
        self.local.kill()
        source = SOURCE.replace("is-live=true", "num-buffers=60").split()
        done = self.launch(*source, "kvssink", f"endpoint={self.local.url}", "stop-stream-timeout=1")
        self.assertRegex(done.stdout + done.stderr, "WARNING: from element .*kvssink0: .*had not stored the last")
        self.assertNotIn("CRITICAL", done.stderr)


if __name__ == "__main__":
    case.main()
