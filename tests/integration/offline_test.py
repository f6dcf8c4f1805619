# SPDX-License-Identifier: Apache-2.0
"""Recordings sent with streaming-type=offline arrive whole, and faster than they play."""
import os
import time

from support import case, matroska, tracks
from support.pipelines import Pipeline, kvssink
from support.sources import camera, run_to_end, x264

SECONDS, FPS = 40, 25
DEMUXERS = {"qtdemux": ("mp4mux", "mp4"), "matroskademux": ("matroskamux", "mkv")}


class OfflineTest(case.IntegrationTest):
    def recorded(self, demuxer, **options):
        muxer, ending = DEMUXERS[demuxer]
        path = os.path.join(self.folder, f"recording.{ending}")
        run_to_end(f"{camera(SECONDS * FPS, FPS, live=False)} ! {x264(FPS, **options)} ! h264parse ! {muxer} ! "
                   f"filesink location={path}")
        return path

    def send(self, demuxer, parser="", quotas=False, **options):
        path = self.recorded(demuxer, **options)
        service = self.service(*(["--quotas"] if quotas else []))
        sink = kvssink(service, "file", streaming_type="offline")
        began = time.monotonic()
        run = Pipeline(f"filesrc location={path} ! {demuxer} ! {parser} {sink}").run()
        took = time.monotonic() - began
        self.assertEqual(run.warnings(), [])
        recording = self.check_whole(service, "file", run.entered)
        self.assertEqual(len(recording.blocks), SECONDS * FPS)
        self.assertLess(took, SECONDS / 2)
        return run

    def test_mp4(self):
        self.send("qtdemux", bframes=0)

    def test_mp4_with_b_frames(self):
        self.send("qtdemux", bframes=2)

    def test_mp4_parsed_with_b_frames(self):
        self.send("qtdemux", "h264parse !", bframes=2)

    def test_matroska(self):
        self.send("matroskademux", bframes=0)

    def test_matroska_with_b_frames(self):
        self.send("matroskademux", bframes=2)

    def test_matroska_parsed_with_b_frames(self):
        self.send("matroskademux", "h264parse !", bframes=2)

    def branches(self, video_delay, audio_delay):
        """Two branches with encoders and threads of their own; one is slower by a delay for each buffer."""
        service = self.service()
        slow = lambda microseconds: f"identity sleep-time={microseconds} !" if microseconds else ""
        run = Pipeline(
            f"{kvssink(service, 'branches', streaming_type='offline')} "
            f"{camera(538, FPS, (160, 120), live=False)} ! {slow(video_delay)} {x264(FPS, tune='zerolatency')} ! "
            f"h264parse ! sink.video_0 audiotestsrc num-buffers=1032 samplesperbuffer=1000 ! "
            f"audio/x-raw,rate=48000,channels=1 ! {slow(audio_delay)} avenc_aac ! aacparse ! sink.audio_0")
        taps = [tracks.PadTap(pad) for pad in run.sink.sinkpads]
        run.run()
        self.assertEqual(run.warnings(), [])
        self.assertEqual(run.last_stats["frames-filled"], 0)
        paths = service.export("branches")
        self.assertEqual(len(paths), 1, paths)
        tracks.check(self, taps, matroska.read(paths[0]), {"video_0": 1, "audio_0": 2}, run.last_stats)

    def test_two_branches_with_slow_audio(self):
        self.branches(0, 2000)

    def test_two_branches_with_slow_video(self):
        self.branches(4000, 0)

    def test_within_the_services_quotas(self):
        self.send("qtdemux", quotas=True, bframes=0)

    def test_a_recording_larger_than_the_storage_waits_for_room(self):
        path = os.path.join(self.folder, "large.mkv")
        run_to_end(f"{camera(200, FPS, (640, 480), live=False, pattern='snow')} ! {x264(FPS, 40000, tune='zerolatency')} ! h264parse ! "
                   f"matroskamux ! filesink location={path}")
        self.assertGreater(os.path.getsize(path), 24 << 20)
        service = self.service()
        sink = kvssink(service, "large", streaming_type="offline", storage_size=10)
        run = Pipeline(f"filesrc location={path} ! matroskademux ! {sink}").run()
        self.assertEqual(run.warnings(), [])
        recording = self.check_whole(service, "large", run.entered)
        self.assertEqual(len(recording.blocks), 200)


if __name__ == "__main__":
    case.main()
