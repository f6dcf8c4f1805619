# SPDX-License-Identifier: Apache-2.0
"""A camera that speaks RTSP."""
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, GstRtspServer  # noqa: E402

from support import pipelines  # noqa: E402,F401  (it initialises GStreamer)


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
