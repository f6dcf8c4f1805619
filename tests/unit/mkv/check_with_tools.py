# SPDX-License-Identifier: Apache-2.0
"""Lets FFmpeg and MKVToolNix judge a file of ours:
check_with_tools.py WRITE_MKV INPUT.h264 FRAMES KEY_FRAMES, exit 77 (skipped) without the tools.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def output_of(*command):
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    if result.stderr.strip():
        sys.exit(f"{command[0]} complains: {result.stderr}")
    return result.stdout


def check_ffprobe(recording, frames, key_frames):
    packets = json.loads(output_of("ffprobe", "-v", "warning", "-show_packets", "-show_streams",
                                   "-of", "json", recording))
    found = packets["packets"]
    assert len(found) == frames, f"{len(found)} packets, not {frames}"
    keys = [packet for packet in found if "K" in packet["flags"]]
    assert len(keys) == key_frames, f"{len(keys)} key frames, not {key_frames}"
    times = [round(float(packet["pts_time"]) * 1000) for packet in found]
    assert times == [1_700_000_000_000 + 100 * i for i in range(frames)], times
    stream = packets["streams"][0]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 64, 48), stream


def picture_hashes(source):
    lines = output_of("ffmpeg", "-v", "error", "-i", source, "-fps_mode", "passthrough", "-f",
                      "framemd5", "-").splitlines()
    return [line.split(",")[-1].strip() for line in lines if not line.startswith("#")]


def check_mkvinfo(recording, frames):
    text = output_of("mkvinfo", "--all", recording)
    assert text.count("+ Simple block") == frames, text
    for expected in ("Document type: matroska", "AWS_KINESISVIDEO_END_OF_FRAGMENT", "Codec ID: V_MPEG4/ISO/AVC"):
        assert expected in text, f"mkvinfo does not show {expected!r}:\n{text}"
    for complaint in ("Unknown element", "invalid", "Error"):
        assert complaint not in text, text


def main(write_mkv, source, frames, key_frames):
    if not all(shutil.which(tool) for tool in ("ffprobe", "ffmpeg", "mkvinfo")):
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        recording = str(pathlib.Path(folder) / "out.mkv")
        subprocess.run([write_mkv, source, recording], check=True)
        check_ffprobe(recording, int(frames), int(key_frames))
        assert picture_hashes(recording) == picture_hashes(source), "the pictures are others"
        check_mkvinfo(recording, int(frames))


if __name__ == "__main__":
    main(*sys.argv[1:])
