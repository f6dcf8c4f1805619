# SPDX-License-Identifier: Apache-2.0
"""Time-stamped data beside video: each sample at its time, the last one again in a fragment that has none."""
from support import case, matroska, sources, tracks
from support.pipelines import Gst, Pipeline, kvssink

FPS = 25
SECOND = 1_000_000_000
DATA_TRACK = 0x21


class DataTest(case.IntegrationTest):
    def stored(self, caps, samples, pad=""):
        """Three seconds of video with samples: (ns, bytes). Answers the recording."""
        service = self.service()
        pipeline = Pipeline(f"{kvssink(service, 'data')} {pad} "
                            "appsrc name=video format=time ! sink.video_0 "
                            f"appsrc name=data format=time caps={caps} ! sink.data_0")
        tap = tracks.PadTap(pipeline.sink.get_static_pad("data_0"))
        units = sources.encode(3 * FPS, FPS, key_interval=FPS, tune="zerolatency")
        pipeline["video"].set_property("caps", Gst.Caps.from_string(
            "video/x-h264,stream-format=byte-stream,alignment=au"))
        pipeline.play()
        for time_ns, data in samples:
            self.push(pipeline["data"], data, time_ns, True)
        pipeline["data"].emit("end-of-stream")
        pipeline.wait_for(lambda: tap.ended, "the samples in kvssink")
        for unit in units:
            self.push(pipeline["video"], sources.byte_stream(unit.units), unit.pts, unit.key)
        pipeline["video"].emit("end-of-stream")
        try:
            pipeline.wait_eos()
        finally:
            pipeline.stop()
        paths = service.export("data")
        self.assertEqual(len(paths), 1, paths)
        return matroska.read(paths[0]), pipeline

    def push(self, source, data, time_ns, key):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = time_ns
        if not key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        self.assertEqual(source.emit("push-buffer", buffer), Gst.FlowReturn.OK)

    def test_samples_and_what_stands_for_missing_ones(self):
        samples = [(SECOND // 5, b'{"t":21}'), (SECOND * 6 // 5, b'{"t":22}')]
        recording, pipeline = self.stored("application/json", samples)
        track = next(track for track in recording.tracks if track.number == 3)
        self.assertEqual((track.kind, track.codec_id, track.name), (DATA_TRACK, "S_TEXT/UTF8", "data"))
        blocks = [block for block in recording.blocks if block.track == 3]
        self.assertEqual([block.data for block in blocks], [b'{"t":21}', b'{"t":22}', b'{"t":22}'])
        start = recording.clusters[0].time_ns
        self.assertEqual([block.time_ns - start for block in blocks[:2]], [SECOND // 5, SECOND * 6 // 5])
        self.assertEqual(pipeline.stats()["frames-filled"], 1)
        self.assertEqual(len(recording.blocks) - len(blocks), 3 * FPS)

    def test_the_codec_id_of_the_pad(self):
        recording, _ = self.stored("application/x-kvs-data", [(0, b"echo")], "data_0::codec-id=D_RADAR")
        self.assertIn("D_RADAR", [track.codec_id for track in recording.tracks])


if __name__ == "__main__":
    case.main()
