# SPDX-License-Identifier: Apache-2.0
"""Video and audio together, from encoders and out of files: every frame of both, on one clock, ended by both."""
import os

from support import case, frames, judges, matroska, sources, tracks
from support.pipelines import Pipeline, kvssink

FPS = 25
SECONDS = 4
VIDEO = sources.camera(FPS * SECONDS, FPS, (160, 120), live=False)
CAMERA = sources.camera(FPS * SECONDS, FPS, (160, 120))
X264 = sources.x264(FPS)
X265 = f"x265enc speed-preset=ultrafast key-int-max={FPS} log-level=error"


def tone(rate=48000, channels=2, live=False):
    """Nearly as long as the picture, in buffers of 20 ms: the last fragment, too, has both."""
    return (f"audiotestsrc num-buffers={SECONDS * 50 - 10} samplesperbuffer={rate // 50} is-live={str(live).lower()} ! "
            f"audio/x-raw,rate={rate},channels={channels}")


AAC = f"{tone()} ! audioconvert ! avenc_aac"
MULAW = f"{tone(8000, 1)} ! mulawenc"
NUMBERS = {"video_0": 1, "audio_0": 2}

# Name: muxer, video, audio, demuxer and its pads.
FILES = {
    "mp4": ("mp4mux", f"{X264} ! h264parse", f"{AAC} ! aacparse", "qtdemux", "video_0", "audio_0"),
    "mp4-h265": ("mp4mux", f"{X265} ! h265parse", f"{AAC} ! aacparse", "qtdemux", "video_0", "audio_0"),
    "mkv": ("matroskamux", f"{X264} ! h264parse", f"{AAC} ! aacparse", "matroskademux", "video_0", "audio_0"),
    "mkv-mulaw": ("matroskamux", f"{X265} ! h265parse", MULAW, "matroskademux", "video_0", "audio_0"),
    "flv": ("flvmux", f"{X264} ! h264parse", f"{tone(44100)} ! audioconvert ! avenc_aac ! aacparse", "flvdemux", "video",
            "audio"),
}


class ContainersTest(case.IntegrationTest):
    def check(self, service, name, text, **properties):
        """The pads of kvssink may come while it runs: a demuxer links when it knows its tracks."""
        pipeline = Pipeline(f"{kvssink(service, name, max_fragments_per_second=0, **properties)} {text}")
        taps = [tracks.PadTap(pad) for pad in pipeline.sink.sinkpads]
        pipeline.sink.connect("pad-added", lambda _, pad: taps.append(tracks.PadTap(pad)))
        pipeline.run()
        self.assertEqual(sorted(tap.name for tap in taps), sorted(NUMBERS))
        paths = service.export(name)
        self.assertEqual(len(paths), 1, [(one.tracks, [(cluster.time_ns, len(cluster.blocks)) for cluster in one.clusters])
                                         for one in map(matroska.read, paths)])
        self.assertEqual(judges.complaints(paths[0]), [])
        recording = matroska.read(paths[0])
        tracks.check(self, taps, recording, NUMBERS, pipeline.stats())
        frames.check_clusters(self, recording)
        for index, cluster in enumerate(recording.clusters):
            self.assertEqual({block.track for block in cluster.blocks}, {1, 2}, f"tracks of cluster {index}")
        return recording

    def test_a_camera_and_a_microphone(self):
        service = self.service()
        stereo, mono = tone(live=True), tone(8000, 1, live=True)
        aac = f"{stereo} ! audioconvert ! avenc_aac"
        cases = {"h264-aac": (f"{X264} tune=zerolatency ! h264parse", aac),
                 "h264-alaw": (f"{X264} tune=zerolatency", f"{mono} ! alawenc"),
                 "h265-adts": (f"{X265} tune=zerolatency ! h265parse",
                               f"{aac} ! aacparse ! audio/mpeg,stream-format=adts"),
                 "h265-opus": (f"{X265} tune=zerolatency ! h265parse", f"{stereo} ! opusenc")}
        for name, (video, audio) in cases.items():
            with self.subTest(name):
                self.check(service, name, f"{CAMERA} ! {video} ! queue ! sink.video_0 {audio} ! queue ! sink.audio_0",
                           interleave_timeout=10000)  # a busy machine is no silent track

    def test_a_microphone_that_stops_is_filled(self):
        service = self.service()
        pipeline = Pipeline(f"{kvssink(service, 'short')} {CAMERA} ! {X264} tune=zerolatency ! queue ! sink.video_0 "
                            "audiotestsrc is-live=true num-buffers=50 samplesperbuffer=160 ! "
                            "audio/x-raw,rate=8000,channels=1 ! alawenc ! queue ! sink.audio_0").run()
        recording = matroska.read(*service.export("short"))
        for index, cluster in enumerate(recording.clusters):
            self.assertEqual({block.track for block in cluster.blocks}, {1, 2}, f"tracks of cluster {index}")
        filled = pipeline.stats()["frames-filled"]
        self.assertGreater(filled, 0)
        self.assertEqual(sum(block.track == 1 for block in recording.blocks), FPS * SECONDS)
        silent = pipeline.structures("kvssink-track-silent")
        self.assertEqual([(one.get_uint("track").value, one.get_boolean("filled").value) for one in silent],
                         [(2, True)])

    def written(self, name, muxer, video, audio):
        path = os.path.join(self.folder, f"{name}.file")
        sources.run_to_end(f"{muxer} name=mux ! filesink location={path} {VIDEO} ! {video} ! queue ! mux. "
                           f"{audio} ! queue ! mux.")
        return path

    def test_files(self):
        service = self.service()
        for name, (muxer, video, audio, demuxer, video_pad, audio_pad) in FILES.items():
            with self.subTest(name):
                path = self.written(name, muxer, video, audio)
                self.check(service, name, f"filesrc location={path} ! {demuxer} name=file "
                                          f"file.{video_pad} ! queue ! sink.video_0 "
                                          f"file.{audio_pad} ! queue ! sink.audio_0", streaming_type="offline")

    def test_a_demuxer_without_queues(self):
        """Both tracks come from one thread: a pad that waited for the other would wait for ever."""
        path = self.written("one-thread", *FILES["mp4"][:3])
        self.check(self.service(), "one-thread", f"filesrc location={path} ! qtdemux name=file "
                                                 "file.video_0 ! sink.video_0 file.audio_0 ! sink.audio_0",
                   streaming_type="offline")


if __name__ == "__main__":
    case.main()
