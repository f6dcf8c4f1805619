# SPDX-License-Identifier: Apache-2.0
"""The commands that a user types: gst-launch-1.0 to its end, and interrupted with Ctrl-C."""
import os
import signal
import subprocess

from support import case, frames, h264
from support.pipelines import kvssink
from support.waiting import PATIENCE, wait_until

ISSUE = "videotestsrc num-buffers=300 is-live=true ! x264enc key-int-max=30"


class LaunchTest(case.IntegrationTest):
    def start(self, *arguments):
        """gst-launch-1.0 in the background, its output in a file."""
        with open(os.path.join(self.folder, f"launch-{len(os.listdir(self.folder))}.log"), "wb") as log:
            process = subprocess.Popen(["gst-launch-1.0", *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.log_path = log.name
        return process

    def log_of(self, process):
        with open(process.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def copied(self, name):
        """The NAL units of the byte stream that a tee wrote into a file."""
        with open(os.path.join(self.folder, name), "rb") as file:
            return h264.split_byte_stream(file.read())

    def sent(self, recording):
        return [unit for block in recording.blocks for unit in h264.split_lengths(block.data, 4)]

    def test_the_commands_of_the_first_page(self):
        service = self.service()
        commands = {"a": ISSUE, "b": f"{ISSUE} ! h264parse"}
        running = {name: self.start("-e", *f"{text} ! {kvssink(service, name)}".replace('"', "").split())
                   for name, text in commands.items()}
        for name, process in running.items():
            self.assertEqual(process.wait(PATIENCE), 0, self.log_of(process))
            recording = self.exported(service, name)
            self.assertEqual(len(recording.blocks), 300)
            self.assertEqual([len(cluster.blocks) for cluster in recording.clusters], [30] * 10)
            frames.check_clusters(self, recording)

    def interrupted(self, *options):
        """An endless picture, interrupted when two fragments are stored; answers its export and its copy."""
        service = self.service()
        text = ("videotestsrc is-live=true ! video/x-raw,framerate=50/1 ! x264enc key-int-max=50 speed-preset=ultrafast "
                "tune=zerolatency ! video/x-h264,stream-format=byte-stream ! tee name=t ! queue ! "
                f"{kvssink(service, 'long')} t. ! queue ! filesink buffer-mode=unbuffered location={self.folder}/copy.h264")
        process = self.start(*options, *text.replace('"', "").split())
        wait_until(lambda: len(service.fragments("long")) >= 2, "two fragments are stored", interval=0.2)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        return process, self.exported(service, "long")

    def test_interrupted_with_eos_it_ends_with_a_whole_recording(self):
        process, recording = self.interrupted("-e")
        self.assertEqual(process.returncode, 0, self.log_of(process))
        self.assertEqual(self.sent(recording), self.copied("copy.h264"))

    def test_interrupted_without_eos_it_ends_and_what_was_taken_is_stored(self):
        process, recording = self.interrupted()
        self.assertNotIn("CRITICAL", self.log_of(process))
        sent, copied = self.sent(recording), self.copied("copy.h264")
        shorter = min(len(sent), len(copied))
        self.assertGreaterEqual(len(recording.blocks), 100)
        self.assertEqual(sent[:shorter], copied[:shorter])
        # The two branches stop at different frames, each with a few in its queue.
        self.assertLess(abs(len(sent) - len(copied)), 100)


if __name__ == "__main__":
    case.main()
