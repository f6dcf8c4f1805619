# SPDX-License-Identifier: Apache-2.0
"""The guide's pipelines run as they are printed there, but for credentials and devices.

Each is the guide's text with its wrapped lines joined. What is replaced is told in DEVICES: a camera by a test
source that gives what the camera gives, the encoder of a board by x264enc. The service's address comes from the
environment, so not even that is added.
"""
import os
import re
import shlex
import signal
import subprocess

from support import case, matroska, sources
from support.environment import adopt
from support.kvs_local import ACCESS_KEY, SECRET_KEY
from support.preload import SANITIZER
from support.rtsp import Camera
from support.sources import x264
from support.waiting import PATIENCE, wait_until

PICTURES = 120
README = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
ENDLESS = "videotestsrc do-timestamp=true is-live=true"
RAW = f"videotestsrc is-live=true num-buffers={PICTURES}"
# A camera that encodes by itself: what comes out of it is H.264 already.
ENCODED = f"{RAW} ! video/x-raw,framerate=30/1 ! {x264(30)} ! video/x-h264,stream-format=byte-stream"

ACCOUNT = {"YourAccessKey": ACCESS_KEY, "YourSecretKey": SECRET_KEY, "YourAWSRegion": "eu-central-1",
           "YourStreamName": "guide", "YourStreamname": "guide"}

# name: (the guide's text, what stands for its devices)
LIVE = {
    "getting started": ("""gst-launch-1.0 -v videotestsrc is-live=true
        ! video/x-raw,framerate=10/1,width=640,height=480
        ! clockoverlay time-format="%a %B %d, %Y %I:%M:%S %p"
        ! x264enc bframes=0 key-int-max=10 ! h264parse ! kvssink stream-name="YourStreamName" """,
                        {"is-live=true": f"is-live=true num-buffers={PICTURES // 2}"}),
    "example 2, USB camera": ("""gst-launch-1.0 v4l2src do-timestamp=TRUE device=/dev/video0 ! videoconvert
        ! video/x-raw,format=I420,width=640,height=480,framerate=30/1
        ! x264enc bframes=0 key-int-max=45 bitrate=500
        ! video/x-h264,stream-format=avc,alignment=au,profile=baseline ! kvssink stream-name="YourStreamName"
        storage-size=512 access-key="YourAccessKey" secret-key="YourSecretKey" aws-region="YourAWSRegion" """,
                              {"v4l2src do-timestamp=TRUE device=/dev/video0": RAW}),
    "example 3, USB camera that encodes": ("""gst-launch-1.0 v4l2src do-timestamp=TRUE device=/dev/video0
        ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! kvssink stream-name="plugin" storage-size=512
        access-key="YourAccessKey" secret-key="YourSecretKey" aws-region="YourAWSRegion" """,
                                           {"v4l2src do-timestamp=TRUE device=/dev/video0": ENCODED,
                                            "plugin": "guide"}),
    "example 6, Raspberry Pi": ("""gst-launch-1.0 v4l2src do-timestamp=TRUE device=/dev/video0 ! videoconvert
        ! video/x-raw,format=I420,width=640,height=480,framerate=30/1
        ! omxh264enc control-rate=1 target-bitrate=5120000 periodicity-idr=45 inline-header=FALSE ! h264parse
        ! video/x-h264,stream-format=avc,alignment=au,width=640,height=480,framerate=30/1,profile=baseline
        ! kvssink stream-name="YourStreamName" access-key="YourAccessKey" secret-key="YourSecretKey"
        aws-region="YourAWSRegion" """,
                                {"v4l2src do-timestamp=TRUE device=/dev/video0": RAW,
                                 "omxh264enc control-rate=1 target-bitrate=5120000 periodicity-idr=45 "
                                 "inline-header=FALSE": "x264enc bframes=0 key-int-max=45 ! "
                                                        "video/x-h264,profile=baseline"}),
    "Raspberry Pi, sample video": ("""gst-launch-1.0 -v videotestsrc is-live=true
        ! video/x-raw,framerate=10/1,width=640,height=480
        ! clockoverlay time-format="%a %B %d, %Y %I:%M:%S %p"
        ! x264enc bframes=0 key-int-max=10 ! h264parse ! kvssink stream-name="YourStreamName" """,
                                   {"is-live=true": f"is-live=true num-buffers={PICTURES // 2}"}),
    "Raspberry Pi, web cam": ("""gst-launch-1.0 autovideosrc ! videoconvert
        ! video/x-raw,format=I420,width=640,height=480
        ! x264enc bframes=0 key-int-max=45 tune=zerolatency byte-stream=true speed-preset=ultrafast ! h264parse
        ! video/x-h264,stream-format=avc,alignment=au,profile=baseline ! kvssink stream-name="YourStreamname" """,
                              {"autovideosrc": RAW}),
    "Raspberry Pi, camera module 1": ("""gst-launch-1.0 v4l2src device=/dev/video0 ! videoconvert
        ! video/x-raw,format=I420,width=640,height=480
        ! x264enc bframes=0 key-int-max=45 bitrate=500 tune=zerolatency
        ! h264parse ! video/x-h264,stream-format=avc,alignment=au,profile=baseline
        ! kvssink stream-name="YourStreamname" """, {"v4l2src device=/dev/video0": RAW}),
    "Raspberry Pi, camera module 2 or 3": ("""gst-launch-1.0 libcamerasrc
        ! video/x-raw,width=640,height=480,framerate=30/1,format=I420 ! videoconvert
        ! x264enc speed-preset=ultrafast tune=zerolatency byte-stream=true key-int-max=75
        ! video/x-h264,level=(string)4 ! h264parse
        ! video/x-h264,stream-format=avc,alignment=au,width=640,height=480,framerate=30/1
        ! kvssink stream-name="YourStreamname" """, {"libcamerasrc": RAW}),
    "Raspberry Pi, omxh264enc": ("""gst-launch-1.0 v4l2src device=/dev/video0 ! videoconvert
        ! video/x-raw,format=I420,width=640,height=480
        ! omxh264enc control-rate=2 target-bitrate=512000 periodicity-idr=45 inline-header=FALSE
        ! h264parse ! video/x-h264,stream-format=avc,alignment=au,profile=baseline
        ! kvssink stream-name="raspberry" """,
                                 {"v4l2src device=/dev/video0": RAW, "raspberry": "guide",
                                  "omxh264enc control-rate=2 target-bitrate=512000 periodicity-idr=45 "
                                  "inline-header=FALSE": "x264enc bframes=0 key-int-max=45"}),
    "Raspberry Pi, v4l2h264enc": ("""gst-launch-1.0 libcamerasrc
        ! video/x-raw,width=640,height=480,framerate=30/1,format=I420 ! v4l2convert
        ! v4l2h264enc extra-controls="controls,repeat_sequence_header=1" ! video/x-h264,level=(string)4
        ! h264parse ! video/x-h264,stream-format=avc,alignment=au,width=640,height=480,framerate=30/1
        ! kvssink stream-name="test-stream" """,
                                  {"libcamerasrc": RAW, "v4l2convert": "videoconvert", "test-stream": "guide",
                                   'v4l2h264enc extra-controls="controls,repeat_sequence_header=1"':
                                       "x264enc key-int-max=45 tune=zerolatency"}),
}

RTSP = {
    "example 1, RTSP camera": """gst-launch-1.0 -v rtspsrc location="rtsp://YourCameraRtspUrl"
        short-header=TRUE ! rtph264depay ! h264parse ! kvssink stream-name="YourStreamName" storage-size=128""",
    "example 4, RTSP camera on macOS": """gst-launch-1.0 rtspsrc location="rtsp://YourCameraRtspUrl"
        short-header=TRUE ! rtph264depay ! h264parse ! video/x-h264, format=avc,alignment=au
        ! kvssink stream-name="YourStreamName" storage-size=512 access-key="YourAccessKey"
        secret-key="YourSecretKey" aws-region="YourAWSRegion" """,
    "example 5, RTSP camera on Windows": """gst-launch-1.0 rtspsrc location="rtsp://YourCameraRtspUrl"
        short-header=TRUE ! rtph264depay ! video/x-h264, format=avc,alignment=au
        ! kvssink stream-name="YourStreamName" storage-size=512 access-key="YourAccessKey"
        secret-key="YourSecretKey" aws-region="YourAWSRegion" """,
    "Raspberry Pi, RTSP camera": """gst-launch-1.0 -v rtspsrc location="rtsp://127.0.0.1:8554/test"
        short-header=true ! rtph264depay ! h264parse ! video/x-h264,format=avc,alignment=au
        ! kvssink stream-name="YourStreamName" """,
}

# Examples 7 to 9 are links in the guide: what stands there, in the shape that existing applications use.
MICROPHONE = "audiotestsrc is-live=true num-buffers=200"
AUDIO_VIDEO = {
    "example 7, Raspberry Pi and Ubuntu": f"""gst-launch-1.0 -v v4l2src device=/dev/video0 ! videoconvert
        ! video/x-raw,width=640,height=480,framerate=30/1,format=I420
        ! x264enc bframes=0 key-int-max=45 bitrate=500 tune=zerolatency ! h264parse
        ! video/x-h264,stream-format=avc,alignment=au,profile=baseline
        ! kvssink name=sink stream-name="YourStreamName" access-key="YourAccessKey" secret-key="YourSecretKey"
        alsasrc device=hw:1,0 ! audioconvert ! avenc_aac ! queue ! sink.""",
    "example 8, macOS": """gst-launch-1.0 -v avfvideosrc ! videoconvert ! video/x-raw,format=I420,framerate=30/1
        ! x264enc bframes=0 key-int-max=45 tune=zerolatency ! h264parse
        ! video/x-h264,stream-format=avc,alignment=au,profile=baseline
        ! kvssink name=sink stream-name="YourStreamName" access-key="YourAccessKey" secret-key="YourSecretKey"
        osxaudiosrc ! audioconvert ! avenc_aac ! queue ! sink.""",
}
SOUND_DEVICES = {"v4l2src device=/dev/video0": RAW, "avfvideosrc": RAW, "alsasrc device=hw:1,0": MICROPHONE,
                 "osxaudiosrc": MICROPHONE}
OUR_DEVICES = {"autoaudiosrc": "audiotestsrc is-live=true", "videotestsrc is-live=true": ENDLESS,
               "v4l2h264enc": "x264enc tune=zerolatency key-int-max=30", "v4l2src": ENDLESS}
UPLOAD = """gst-launch-1.0 -v filesrc location="YourAudioVideo.mkv" ! matroskademux name=demux ! queue ! h264parse
        ! kvssink name=sink stream-name="YourStreamName" access-key="YourAccessKey" secret-key="YourSecretKey"
        streaming-type=offline demux. ! queue ! aacparse ! sink."""


class GuidePipelinesTest(case.IntegrationTest):
    limit = 300

    def setUp(self):
        super().setUp()
        self.kvs = self.service()
        adopt({**os.environ, "CONTROL_PLANE_URI": self.kvs.url})

    @staticmethod
    def words(text, replaced):
        for name, value in {**replaced, **ACCOUNT}.items():
            text = " ".join(text.split()).replace(name, value)
        if SANITIZER:  # the overlay's library of fonts leaks
            text = re.sub(r'! clockoverlay time-format="[^"]*" ', "", text)
        return shlex.split(text)

    def check_arrived(self, least, kinds=("V_MPEG4/ISO/AVC",)):
        recordings = [matroska.read(path) for path in self.kvs.export("guide")]
        for recording in recordings:
            self.assertEqual([track.codec_id for track in recording.tracks], list(kinds))
        for number in range(1, len(kinds) + 1):
            count = sum(block.track == number for recording in recordings for block in recording.blocks)
            self.assertGreaterEqual(count, least, f"blocks of track {number}")

    def run_to_end(self, text, replaced):
        done = subprocess.run(self.words(text, replaced), capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout[-2000:])
        self.assertNotIn("WARNING", done.stdout + done.stderr)

    def test_the_pipelines_of_our_own_first_page(self):
        with open(README, encoding="utf-8") as file:
            page = file.read()
        blocks = re.search(r"## Five pipelines\n(.*?)\n## ", page, re.DOTALL)[1]
        commands = re.findall(r"^(gst-launch-1.0 .*?[^\\])$", blocks, re.DOTALL | re.MULTILINE)
        self.assertEqual(len(commands), 5)
        camera = Camera(x264(50, tune="zerolatency"))
        self.addCleanup(camera.stop)
        recording = os.path.join(self.folder, "recording.mp4")
        sources.run_to_end(f"videotestsrc num-buffers=150 ! {x264(30)} ! h264parse ! mp4mux ! filesink location={recording}")
        for command in commands:
            text = command.replace("\\\n", " ")
            name = re.search(r"stream-name=(\S+)", text)[1]
            devices = {**OUR_DEVICES, "rtsp://camera/stream": camera.url, "location=recording.mp4": f"location={recording}",
                       f"stream-name={name}": "stream-name=guide"}
            with self.subTest(name):
                self.fresh()
                devices["http://127.0.0.1:8443"] = self.kvs.url
                self.run_until_stored(text, devices)
                sound = ("V_MPEG4/ISO/AVC", "A_AAC") if "aacparse" in text else ("V_MPEG4/ISO/AVC",)
                self.check_arrived(PICTURES // 2, sound)

    def test_live_pipelines(self):
        for name, (text, devices) in LIVE.items():
            with self.subTest(name):
                self.fresh()
                self.run_to_end(text, devices)
                self.check_arrived(PICTURES // 2)

    def fresh(self):
        """The stream without what an earlier pipeline left."""
        self.kvs.stop()
        self.kvs = self.service()
        os.environ["CONTROL_PLANE_URI"] = self.kvs.url

    def test_rtsp_pipelines(self):
        camera = Camera(x264(50, tune="zerolatency"))
        self.addCleanup(camera.stop)
        urls = {"rtsp://YourCameraRtspUrl": camera.url, "rtsp://127.0.0.1:8554/test": camera.url}
        for name, text in RTSP.items():
            with self.subTest(name):
                self.fresh()
                self.run_until_stored(text, urls)
                self.check_arrived(PICTURES // 2)

    def run_until_stored(self, text, replaced):
        """As somebody does who presses Ctrl-C when there is enough."""
        with subprocess.Popen(self.words(text, replaced), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            self.addCleanup(process.kill)
            wait_until(lambda: process.poll() is not None or self.stored() >= PICTURES // 2,
                       f"frames of {text}", interval=0.2)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        self.assertNotIn("ERROR", said)

    def stored(self):
        return sum(fragment["frames"] for fragment in self.kvs.fragments("guide"))

    def test_audio_and_video_devices(self):
        for name, text in AUDIO_VIDEO.items():
            with self.subTest(name):
                self.fresh()
                self.run_to_end(text, SOUND_DEVICES)
                self.check_arrived(PICTURES - 30, ("V_MPEG4/ISO/AVC", "A_AAC"))

    def test_upload_of_a_file_with_audio_and_video(self):
        path = os.path.join(self.folder, "audio-video.mkv")
        sources.run_to_end(f"matroskamux name=mux ! filesink location={path} "
                           f"videotestsrc num-buffers=150 ! video/x-raw,framerate=30/1 ! {x264(30)} ! h264parse ! mux. "
                           "audiotestsrc num-buffers=215 ! audio/x-raw,rate=44100 ! avenc_aac ! aacparse ! mux.")
        self.run_to_end(UPLOAD, {"YourAudioVideo.mkv": path})
        self.check_arrived(150, ("V_MPEG4/ISO/AVC", "A_AAC"))


if __name__ == "__main__":
    case.main()
