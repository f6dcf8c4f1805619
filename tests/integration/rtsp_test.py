# SPDX-License-Identifier: Apache-2.0
"""An RTSP camera's stream arrives whole, with and without h264parse."""
from support import case
from support.pipelines import Gst, Pipeline, kvssink
from support.rtsp import Camera
from support.sources import x264


class RtspTest(case.IntegrationTest):
    frames = 200

    def stream(self, parser, encoder):
        camera = Camera(encoder)
        self.addCleanup(camera.stop)
        service = self.service()
        run = Pipeline(f"rtspsrc location={camera.url} protocols=tcp latency=500 ! rtph264depay ! {parser} "
                       f"{kvssink(service, 'rtsp')}").play()
        try:
            run.wait_for(lambda: len(run.entered) >= self.frames, f"{self.frames} buffers of the camera")
            run.pipeline.send_event(Gst.Event.new_eos())
            run.wait_eos()
        finally:
            run.stop()
        recording = self.check_whole(service, "rtsp", run.entered)
        self.assertGreaterEqual(len(recording.blocks), self.frames - 50)

    def test_parsed(self):
        self.stream("h264parse !", x264(50, tune="zerolatency"))

    def test_depayloaded_only(self):
        self.stream("", x264(50, tune="zerolatency"))

    def test_parsed_with_b_frames(self):
        self.stream("h264parse !", x264(50, bframes=2))


if __name__ == "__main__":
    case.main()
