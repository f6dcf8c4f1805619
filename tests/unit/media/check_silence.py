# SPDX-License-Identifier: Apache-2.0
"""Lets FFmpeg judge our silence: check_silence.py WRITE_SILENCE, exit 77 (skipped) without FFmpeg.

Every file must decode without a word of complaint to about a second of samples, none further from zero
than the smallest value that its codec has.
"""
import array
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
FILES = 14 + 3 + 2 * 7
RATE = 48000
# G.711's value next to zero, in 16 bits: 8 for A-law, 0 for mu-law; resampling may round by one.
LOUDEST = {"alaw": 9, "mulaw": 1}


def decode(path, channels):
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "s16le", "-ar", str(RATE), "-"]
    result = subprocess.run(command, capture_output=True, check=False)
    complaint = result.stderr.decode(errors="replace").strip()
    assert result.returncode == 0 and not complaint, f"{path.name}: {complaint}"
    samples = array.array("h", result.stdout)
    seconds = len(samples) / channels / RATE
    assert 0.9 < seconds < 1.2, f"{path.name}: {seconds} s of sound in {channels} channels"
    return max(abs(min(samples)), abs(max(samples)))


def main(write_silence):
    if not shutil.which("ffmpeg"):
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([write_silence, folder], check=True)
        paths = sorted(pathlib.Path(folder).iterdir())
        assert len(paths) == FILES, [path.name for path in paths]
        for path in paths:
            name, channels, _ = path.name.split(".")
            loudest = decode(path, int(channels))
            assert loudest <= LOUDEST.get(name, 0), f"{path.name}: a sample of {loudest}"


if __name__ == "__main__":
    main(*sys.argv[1:])
