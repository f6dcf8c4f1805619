# SPDX-License-Identifier: Apache-2.0
"""Eight streams through links and a service that fail by a seeded plan, for as long as one likes, and the account.

    soak.py --minutes N [--seed S] [--keep]

A frame that went in must be in the recording, once and in its place, or in a loss that was told. The exit status
says whether that held, with memory and the way back after each trouble.
"""
import argparse
import bisect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from plan import STALENESS, LinkStory, service_rules
from support import environment, h264, matroska
from support.kvs_local import KvsLocal
from support.proxy import Proxy

FRAME_NS = 40_000_000
STREAMS = 8
KBIT = 64
SMALL_BUFFER = 20  # seconds, of the last two streams: outages cost them fragments
CALM = 20  # seconds at the end without trouble on the links
PATIENCE = 150  # seconds for the end of the streams
# From a link's return to a stored fragment. Back-off cap, connection-timeout, 1 s and a fragment make 18 s; the
# service refuses some of the attempts that follow, and each refusal may cost a back-off more. What a link alone
# costs is judged by links_test.py.
WAY_BACK = 60
MEMORY_GROWTH_KIB = 24 * 1024


class Soak:
    def __init__(self, minutes, seed, folder):
        self.seconds, self.seed, self.folder = minutes * 60, seed, folder
        self.services, self.proxies, self.stories = [], [], {}
        self.complaints = []
        self.sent = {}  # what the recordings hold, by stream

    def start(self):
        for number, options in enumerate(([], ["--tls"])):
            place = os.path.join(self.folder, f"service-{number}")
            os.mkdir(place)
            service = KvsLocal(place, *options, faults=service_rules(self.seed * 1000 + number))
            self.services.append(service.start())
        os.environ["KVSSINK_CA_CERT_PATH"] = os.path.join(self.services[1].data, "tls", "cert.pem")
        for number in range(STREAMS):
            proxy = Proxy(self.service_of(number)).start()
            self.proxies.append(proxy)
            small = number >= STREAMS - 2
            longest = 2 * SMALL_BUFFER if small else 45
            self.stories[f"cam-{number}"] = LinkStory(proxy, self.seed * 100 + number, longest)

    def service_of(self, number):
        return self.services[number % 2]

    def order(self):
        streams = {}
        for number, proxy in enumerate(self.proxies):
            properties = {"storage-size": 10, "connection-staleness": STALENESS}
            if number >= STREAMS - 2:
                properties["buffer-duration"] = SMALL_BUFFER
            streams[f"cam-{number}"] = {"url": proxy.url, "properties": properties}
        return {"streams": streams, "kbit": KBIT, "settle": min(30, self.seconds / 3), "patience": PATIENCE}

    def run(self):
        here = os.path.dirname(os.path.abspath(__file__))
        producer = subprocess.Popen([sys.executable, os.path.join(here, "producer.py")], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            producer.stdin.write(json.dumps(self.order()) + "\n")
            producer.stdin.flush()
            for story in self.stories.values():
                story.start()
            time.sleep(max(0.0, self.seconds - CALM))
            for story in self.stories.values():
                story.finish.set()
            time.sleep(CALM)
            said, _ = producer.communicate("end\n", timeout=PATIENCE + 60)
        finally:
            producer.kill()
            producer.wait()
        if producer.returncode != 0:
            raise SystemExit(f"soak: the producer ended with {producer.returncode}")
        return json.loads(said)

    def stop(self):
        for story in self.stories.values():
            story.finish.set()
        for one in [*self.proxies, *self.services]:
            one.stop()

    # ---- the account

    def complain(self, text):
        self.complaints.append(text)

    def recorded(self, number):
        """The frames' numbers, in the recording's order, and each one's wall time in ns."""
        numbers, walls = [], {}
        for path in self.service_of(number).export(f"cam-{number}"):
            recording = matroska.read(path)
            for block in recording.blocks:
                frame = int(h264.split_lengths(block.data, 4)[-1][1:13])
                numbers.append(frame)
                walls[frame] = recording.date_ns + block.time_ns
            os.remove(path)
        return numbers, walls

    def judge(self, number, report):
        name, stats = f"cam-{number}", report["stats"]
        numbers, walls = self.recorded(number)
        if numbers != sorted(set(numbers)):
            self.complain(f"{name}: frames are repeated, or out of order")
        missing = sorted(set(range(report["pushed"])) - set(numbers))
        self.judge_missing(name, report, missing, walls)
        for what in ("errors", "over_budget"):
            if report[what]:
                self.complain(f"{name}: {what} {report[what]}")
        if not report["ended"]:
            self.complain(f"{name}: no end of stream within {PATIENCE} s")
        reasons = sorted({loss["reason"] for loss in report["losses"]})
        back = self.ways_back(name, report["gaps"])
        if back and max(back) > WAY_BACK:
            self.complain(f"{name}: {max(back):.1f} s from a link's return to a stored fragment")
        return [name, report["pushed"], len(numbers), len(missing), ", ".join(reasons), stats["sessions"],
                stats["reconnects"], len(self.stories[name].troubles), f"{max(back, default=0):.1f}"]

    def judge_missing(self, name, report, missing, walls):
        """Each frame that is missing lies within a loss that was told, or was refused at the door and counted."""
        told = sum(loss["frames"] for loss in report["losses"])
        skipped = sum(value for key, value in report["stats"].items() if key.startswith("skipped-"))
        if len(missing) > told + skipped:
            self.complain(f"{name}: {len(missing)} frames are missing, {told} were told as lost, {skipped} as skipped")
        certain = sum(loss["frames"] for loss in report["losses"] if not loss["unconfirmed"])
        if certain > len(missing):
            self.complain(f"{name}: {certain} frames were told as lost, but only {len(missing)} are")
        if skipped:
            return
        there = sorted(walls)
        for frame in missing:
            wall = wall_of(frame, there, walls)
            if not any(loss["start"] - FRAME_NS <= wall <= loss["end"] + FRAME_NS for loss in report["losses"]):
                return self.complain(f"{name}: frame {frame} is missing in no loss's time range")

    def ways_back(self, name, gaps):
        """Seconds from each trouble's end to the next stored fragment."""
        return [after - trouble.back for trouble in self.stories[name].troubles
                for before, after in gaps if before < trouble.back < after]

    def account(self, result):
        rows = [["stream", "frames in", "persisted", "lost", "reasons", "sessions", "reconnects", "troubles",
                 "longest way back (s)"]]
        for number in range(STREAMS):
            rows.append([str(cell) for cell in self.judge(number, result["streams"][f"cam-{number}"])])
        print("\n".join("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]))
        start, end = result["memory_kib"]
        if end - start > MEMORY_GROWTH_KIB:
            self.complain(f"memory grew from {start} KiB to {end} KiB")
        print(f"\nmemory {start / 1024:.1f} MiB at the start, {end / 1024:.1f} MiB at the end; "
              f"{result['cpu_seconds']:.0f} s of CPU; seed {self.seed}")
        for complaint in self.complaints:
            print(f"BROKEN: {complaint}")
        if not self.complaints:
            print("every promise was kept")


def wall_of(frame, there, walls):
    """The wall time of a frame that is missing, from the nearest one before it that is there, or behind it."""
    if not there:
        return 0
    near = there[max(0, bisect.bisect(there, frame) - 1)]
    return walls[near] + (frame - near) * FRAME_NS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with recordings and logs")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="kvs-soak-")
    environment.adopt(environment.with_key(folder))
    soak = Soak(options.minutes, options.seed, folder)
    try:
        soak.start()
        result = soak.run()
        soak.stop()
        with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as file:
            json.dump(result, file)
        soak.account(result)
    finally:
        soak.stop()
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if soak.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
