# SPDX-License-Identifier: Apache-2.0
"""An RTSP camera's stream arrives whole, with and without h264parse."""
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

from support import case  # noqa: E402
from support.pipelines import Pipeline, kvssink  # noqa: E402
from support.sources import x264  # noqa: E402


class Camera:
    """An RTSP server on a free port of the loopback, with a main loop of its own."""

    def __init__(self, encoder):
        self.context = GLib.MainContext.new()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service("0")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=50/1 ! "
                           f"{encoder} ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
        self.server.get_mount_points().add_factory("/camera", factory)
        self.server.attach(self.context)
        self.thread = threading.Thread(target=self.loop.run, daemon=True)
        self.thread.start()
        self.url = f"rtsp://127.0.0.1:{self.server.get_bound_port()}/camera"

    def stop(self):
        self.loop.quit()
        self.thread.join()


class RtspTest(case.IntegrationTest):
    frames = 200

    def stream(self, parser, encoder):
        camera = Camera(encoder)
        self.addCleanup(camera.stop)
        service = self.service()
        run = Pipeline(f"rtspsrc location={camera.url} protocols=tcp latency=100 ! rtph264depay ! {parser} "
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
