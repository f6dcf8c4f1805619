# SPDX-License-Identifier: Apache-2.0
"""What befalls the streams of a soak, drawn from a seed: rules for kvs-local, and a story for each link."""
import random
import threading
import time
from dataclasses import dataclass

STALENESS = 30  # seconds: the shortest that kvssink takes, so that half-open links are found soon


def rule(operation, share, seed, action, **when):
    return {"match": {"operation": operation, "times": 0}, "random": {"seed": seed, "share": share},
            "when": when, "action": action}


def service_rules(seed):
    """Every trouble that kvs-local can make, each for a share of the requests."""
    draw = random.Random(seed)

    def put_media(share, action, **when):
        return rule("putMedia", share, draw.randrange(1 << 30), action, **when)

    rules = [
        put_media(0.05, {"type": "status", "status": 503}),
        put_media(0.03, {"type": "status", "status": 400, "error": "ClientLimitExceededException", "retryAfter": 1}),
        put_media(0.03, {"type": "status", "status": 404, "error": "ResourceNotFoundException"}),
        put_media(0.05, {"type": "reset"}, afterBytes=400_000),
        put_media(0.05, {"type": "fin"}, afterBytes=400_000),
        put_media(0.05, {"type": "endBody"}, afterMs=30_000),
        put_media(0.05, {"type": "cutShort"}, afterMs=30_000),
        put_media(0.05, {"type": "stall", "ms": 5000}, afterMs=30_000),
        put_media(0.03, {"type": "noAcks"}, afterFragments=20),
        put_media(0.05, {"type": "repeatAcks"}),
        put_media(0.05, {"type": "swapAcks"}),
        put_media(0.05, {"type": "strayAck", "ms": 7000}, afterFragments=10),
        put_media(0.05, {"type": "malformedAck", "text": "{\"EventType\":12"}, afterFragments=10),
        put_media(0.03, {"type": "oversized", "bytes": 300_000}, afterFragments=10),
        put_media(0.3, {"type": "error", "id": 4003}, afterMs=90_000),
        put_media(0.05, {"type": "error", "id": 5000}, afterFragments=20),
        put_media(0.05, {"type": "error", "id": 4000, "named": False}, afterFragments=20),
        put_media(0.03, {"type": "error", "id": 4006}, afterFragments=20),
    ]
    for operation in ("describeStream", "createStream", "getDataEndpoint"):
        rules += [rule(operation, 0.1, draw.randrange(1 << 30), {"type": "status", "status": 500}),
                  rule(operation, 0.1, draw.randrange(1 << 30), {"type": "delay", "ms": 700}),
                  rule(operation, 0.05, draw.randrange(1 << 30), {"type": "oversized"}),
                  rule(operation, 0.05, draw.randrange(1 << 30), {"type": "cutShort"}),
                  rule(operation, 0.05, draw.randrange(1 << 30), {"type": "status", "status": 429, "retryAfter": 1})]
    return rules


@dataclass
class Trouble:
    """One fault of one link. `back`: when the producer could know better, CLOCK_MONOTONIC."""
    kind: str
    back: float


class LinkStory(threading.Thread):
    """Calm and trouble in turn on one link, until it is told to end; then the link is well."""

    def __init__(self, proxy, seed, longest):
        super().__init__(daemon=True)
        self.proxy, self.draw, self.longest = proxy, random.Random(seed), longest
        self.finish = threading.Event()
        self.troubles = []

    def run(self):
        kinds = [self.outage, self.reset, self.fin, self.half_open, self.swallowed, self.address_change, self.trickle,
                 self.nobody, self.slow]
        while not self.finish.wait(self.draw.uniform(8, 40)):
            kind = self.draw.choice(kinds)
            kind(self.draw.uniform(1, self.longest))
            self.troubles.append(Trouble(kind.__name__, time.monotonic()))
            if kind == self.address_change:
                self.troubles[-1].back += STALENESS
        self.proxy.forward()

    def for_seconds(self, seconds):
        self.finish.wait(seconds)

    def outage(self, seconds):
        self.proxy.outage()
        self.for_seconds(seconds)
        self.proxy.admit()

    def reset(self, _):
        self.proxy.cut("reset")

    def fin(self, _):
        self.proxy.cut("fin")

    def half_open(self, seconds):
        self.proxy.hold()
        self.for_seconds(seconds)
        self.proxy.forward()

    def swallowed(self, seconds):
        self.proxy.block()
        self.for_seconds(seconds)
        self.proxy.forward()

    def address_change(self, _):
        self.proxy.orphan()

    def trickle(self, seconds):
        self.proxy.throttle(125)  # 1 kbit/s
        self.for_seconds(seconds)
        self.proxy.throttle(None)

    def nobody(self, seconds):
        self.proxy.vanish()
        self.proxy.cut("reset")
        self.for_seconds(seconds)
        self.proxy.admit()

    def slow(self, seconds):
        self.proxy.set({"delay": 0.3}, {"delay": 0.3})
        self.for_seconds(seconds)
        self.proxy.set({"delay": 0.0}, {"delay": 0.0})
