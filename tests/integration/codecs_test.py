# SPDX-License-Identifier: Apache-2.0
"""Each codec that the service takes, as GStreamer's encoders make it, alone: every frame's bytes, key flag and time."""
from support import case, frames, h264, judges, matroska, sources, tracks
from support.pipelines import Pipeline, kvssink
from support.sources import Feed

FPS = 25
SECONDS = 3
SECOND = 1_000_000_000
VIDEO = sources.camera(FPS * SECONDS, FPS, (160, 120), live=False)
X264 = sources.x264(FPS)
X265 = f"x265enc speed-preset=ultrafast key-int-max={FPS} log-level=error"
OPEN_GOP = f"x265enc speed-preset=fast key-int-max={FPS} option-string=bframes=3:open-gop=1 log-level=error"

# Name: encoder and caps, codec id in the stream.
VIDEOS = {
    "h264-bytes": (f"{X264} ! video/x-h264,stream-format=byte-stream,alignment=au", "V_MPEG4/ISO/AVC"),
    "h264-nal": (f"{X264} ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=nal", "V_MPEG4/ISO/AVC"),
    "h264-avc": (f"{X264} ! h264parse ! video/x-h264,stream-format=avc,alignment=au", "V_MPEG4/ISO/AVC"),
    "h264-avc3": (f"{X264} ! h264parse ! video/x-h264,stream-format=avc3,alignment=au", "V_MPEG4/ISO/AVC"),
    "h265-bytes": (f"{X265} ! video/x-h265,stream-format=byte-stream,alignment=au", "V_MPEGH/ISO/HEVC"),
    "h265-nal": (f"{X265} ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=nal", "V_MPEGH/ISO/HEVC"),
    "h265-hvc1": (f"{X265} ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au", "V_MPEGH/ISO/HEVC"),
    "h265-hev1": (f"{X265} ! h265parse ! video/x-h265,stream-format=hev1,alignment=au", "V_MPEGH/ISO/HEVC"),
    "h265-open-gop": (f"{OPEN_GOP} ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au", "V_MPEGH/ISO/HEVC"),
    "jpeg": ("jpegenc", "V_MJPEG"),
    "vp8": (f"vp8enc deadline=1 keyframe-max-dist={FPS}", "V_VP8"),
    "vp9": (f"vp9enc deadline=1 cpu-used=8 keyframe-max-dist={FPS}", "V_VP9"),
}


def tone(rate, channels=1):
    """Whole buffers of 1024 samples."""
    return (f"audiotestsrc num-buffers={SECONDS * rate // 1024} samplesperbuffer=1024 ! "
            f"audio/x-raw,rate={rate},channels={channels}")


AAC = "audio/mpeg,mpegversion=4,stream-format"
AUDIOS = {
    "aac-raw": (f"{tone(48000, 2)} ! audioconvert ! avenc_aac", "A_AAC"),
    "aac-low-rate": (f"{tone(16000)} ! audioconvert ! avenc_aac ! aacparse ! {AAC}=raw", "A_AAC"),
    "aac-adts": (f"{tone(44100)} ! voaacenc ! aacparse ! {AAC}=adts", "A_AAC"),
    "alaw": (f"{tone(8000)} ! alawenc", "A_MS/ACM"),
    "mulaw": (f"{tone(8000, 2)} ! mulawenc", "A_MS/ACM"),
    "g726-2": (f"{tone(8000)} ! audioconvert ! avenc_g726 code-size=2", "A_MS/ACM"),
    "g726-3": (f"{tone(8000)} ! audioconvert ! avenc_g726 code-size=3", "A_MS/ACM"),
    "g726-4": (f"{tone(8000)} ! audioconvert ! avenc_g726", "A_MS/ACM"),
    "g726-5": (f"{tone(8000)} ! audioconvert ! avenc_g726 code-size=5", "A_MS/ACM"),
    "opus": (f"{tone(48000, 2)} ! opusenc", "A_OPUS"),
    "pcm": (f"{tone(16000)} ! audioconvert ! audio/x-raw,format=S16LE", "A_PCM/INT/LIT"),
}


class CodecsTest(case.IntegrationTest):
    def check(self, service, name, text, pad, codec_id):
        pipeline = Pipeline(f"{kvssink(service, name, max_fragments_per_second=0)} {text} ! sink.{pad}")
        tap = tracks.PadTap(pipeline.sink.get_static_pad(pad))
        pipeline.run()
        paths = service.export(name)
        self.assertEqual(len(paths), 1, paths)
        self.assertEqual(judges.complaints(paths[0]), [])
        recording = matroska.read(paths[0])
        tracks.check(self, [tap], recording, {pad: 1})
        frames.check_clusters(self, recording)
        self.assertEqual(recording.tracks[0].codec_id, codec_id)
        self.assertGreater(len(recording.clusters), 1)
        return pipeline

    def check_all(self, cases, pad):
        service = self.service()
        for name, (text, codec_id) in cases.items():
            with self.subTest(name):
                self.check(service, name, text, pad, codec_id)

    def test_video_alone(self):
        self.check_all({name: (f"{VIDEO} ! {text}", codec) for name, (text, codec) in VIDEOS.items()}, "video_0")

    def test_audio_alone(self):
        self.check_all(AUDIOS, "audio_0")

    def test_opus_says_its_delay_and_its_pre_roll(self):
        service = self.service()
        self.check(service, "opus", AUDIOS["opus"][0], "audio_0", "A_OPUS")
        track = matroska.read(service.export("opus")[0]).tracks[0]
        pre_skip = int.from_bytes(track.codec_private[10:12], "little")
        self.assertGreater(pre_skip, 0)
        self.assertEqual(track.codec_delay_ns, round(pre_skip * SECOND / 48000))
        self.assertEqual(track.seek_pre_roll_ns, 80_000_000)

    def check_groups(self, name, units, between, decode=True):
        """All of it arrives, in one session, and each group is a fragment."""
        service = self.service()
        feed = Feed(service, name, between=between, max_fragments_per_second=0).play()
        feed.push(units)
        feed.end()
        recording = self.exported(service, name, decode)
        self.assertEqual(len(recording.blocks), len(units))
        for cluster in recording.clusters:
            self.assertTrue(cluster.blocks[0].key)
        self.assertEqual(feed.structures("kvssink-codec-changed"), [])
        return recording

    def test_key_pictures_without_idr_and_without_recovery_point(self):
        encoded = sources.encode(4 * FPS, FPS, (160, 120), FPS, bframes=2, option_string='"open-gop=1"')
        units = sources.without(encoded, h264.SEI)
        idr = [any(h264.kind(nal) == h264.IDR for nal in unit.units) for unit in units]
        self.assertEqual([idr.count(True), idr[0]], [1, True])
        for between in ("h264parse", "h264parse ! video/x-h264,stream-format=avc",
                        "h264parse ! video/x-h264,stream-format=byte-stream,alignment=nal"):
            with self.subTest(between):
                # As if tuned in to: the first pictures refer to some that came before. And the feed gives no
                # decoding times below 0. FFmpeg tells both, so it does not decode these.
                first = next(i for i, unit in enumerate(units) if unit.key and i > 0)
                recording = self.check_groups("no-idr", units[first:], between, decode=False)
                self.assertEqual(len(recording.clusters), 3)
                self.check_groups("one-idr", units, between, decode=False)

    def test_parameter_sets_in_band_that_change_under_the_same_picture(self):
        # The same camera at two bit rates, which its SPS tells (HRD), by turns.
        one, other = (sources.encode(4 * FPS, FPS, (160, 120), FPS,
                                     bitrate=rate, option_string='"nal-hrd=vbr"')
                      for rate in (800, 900))
        units = one[:FPS] + other[FPS:2 * FPS] + one[2 * FPS:3 * FPS] + other[3 * FPS:]
        sets = {nal for unit in units for nal in unit.units if h264.kind(nal) == h264.SPS}
        self.assertEqual((len(sets), [unit.key for unit in units[::FPS]]), (2, [True] * 4))
        recording = self.check_groups("same-picture", units, "h264parse")
        self.assertEqual(len(recording.clusters), 4)

    def test_what_plays_by_getmedia_alone_is_told(self):
        service = self.service()
        pipeline = self.check(service, "told", AUDIOS["mulaw"][0], "audio_0", "A_MS/ACM")
        told = pipeline.structures("kvssink-playback")
        self.assertEqual([one.get_string("players") for one in told], ["GetMedia"])

    def test_a_change_of_resolution_is_another_session_and_told(self):
        service = self.service()
        feed = Feed(service, "change").play()
        for shift, size in enumerate(((160, 120), (320, 240))):
            feed.push(sources.encode(FPS, FPS, size, FPS), shift * SECOND)
        feed.end()
        recordings = [matroska.read(path) for path in service.export("change")]
        self.assertEqual([recording.tracks[0].width for recording in recordings], [160, 320])
        self.assertEqual([len(recording.blocks) for recording in recordings], [FPS, FPS])
        for path in service.export("change"):
            self.assertEqual(judges.complaints(path), [])
        changed = feed.structures("kvssink-codec-changed")
        self.assertEqual([one.get_uint("width").value for one in changed], [320])
        told = feed.structures("kvssink-playback")
        self.assertEqual([(one.get_string("reason"), one.get_string("players")) for one in told],
                         [("codec-change", "GetMedia, HLS, GetImages")])


if __name__ == "__main__":
    case.main()
