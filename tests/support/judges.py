# SPDX-License-Identifier: Apache-2.0
"""Tools that are not ours read an export and must have nothing to complain about."""
import re
import subprocess

from support.waiting import PATIENCE



def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def complaints(path, decode=True):
    """What ffprobe, ffmpeg (which decodes every frame) and mkvinfo say against the file: a list of texts."""
    commands = [["ffprobe", "-v", "error", "-show_streams", path], ["mkvinfo", path]]
    if decode:
        commands.append(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-fps_mode", "passthrough",
                         "-enc_time_base", "-1", "-f", "null", "-"])
    found = []
    for command in commands:
        done = run(command)
        said = done.stderr.strip()
        said += "".join(re.findall(r"(?im)^.*\b(?:error|warning|not well.formed)\b.*$", done.stdout))
        if done.returncode != 0 or said:
            found.append(f"{command[0]} ({done.returncode}): {said}")
    return found


def packets(path):
    """(seconds, whether key) of each packet of the first stream as ffprobe counts them."""
    done = run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags",
                "-of", "csv=p=0", path])
    rows = [line.split(",") for line in done.stdout.split()]
    return [(float(row[0]), "K" in row[1]) for row in rows]
