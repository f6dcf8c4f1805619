# SPDX-License-Identifier: Apache-2.0
"""The service dies and comes back: the stream resumes by itself and nothing is missing."""
import time

from support import case
from support.pipelines import Gst, Pipeline, kvssink
from support.sources import camera, x264


class RestartTest(case.IntegrationTest):
    def stream(self, seconds_down, frames, fps=50, **properties):
        service = self.service()
        run = Pipeline(f"{camera(frames, fps)} ! {x264(fps)} ! h264parse ! "
                       f"{kvssink(service, 'restart', **properties)}").play()
        try:
            run.wait_for(lambda: run.stats()["acks-persisted"] >= 2, "two fragments are stored")
            service.kill()
            back = time.monotonic() + seconds_down
            run.wait_for(lambda: time.monotonic() >= back, "the time to come back")
            self.assertFalse(run.of_type(Gst.MessageType.EOS), "the service came back before the end")
            service.start()
            run.wait_eos()
        finally:
            run.stop()
        self.assertGreaterEqual(run.stats()["reconnects"], 1)
        self.assertEqual(run.stats()["fragments-lost"], 0)
        recording = self.check_whole(service, "restart", run.entered)
        self.assertEqual(len(recording.blocks), frames)

    def test_killed_and_back_ten_seconds_later(self):
        self.stream(seconds_down=10, frames=18 * 50)

    def test_killed_and_back_at_once(self):
        self.stream(seconds_down=0, frames=8 * 50)

    def test_killed_with_relative_times(self):
        self.stream(seconds_down=1, frames=8 * 50, absolute_fragment_times="false")

    def test_not_there_at_the_start(self):
        service = self.service()
        service.kill()
        run = Pipeline(f"{camera(300)} ! {x264()} ! {kvssink(service, 'later')}").play()
        try:
            run.wait_for(lambda: len(run.entered) >= 200, "frames came while nobody listened")
            service.start()
            run.wait_eos()
        finally:
            run.stop()
        recording = self.check_whole(service, "later", run.entered)
        self.assertEqual(len(recording.blocks), 300)


if __name__ == "__main__":
    case.main()
