# SPDX-License-Identifier: Apache-2.0
"""What an application knows that only watches the bus: what happened, what was lost, whether it is over."""
import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

TROUBLE = ("disconnected", "retrying", "stale")
WELL = ("ready", "streaming", "drained")
NEEDED = {  # fields without which a message leaves a question open
    "disconnected": ("reason", "status-code"),
    "retrying": ("reason", "status-code", "attempt", "delay"),
    "stale": ("reason", "age"),
    "kvssink-fragment-lost": ("reason", "count", "frames", "start", "end"),
    "kvssink-fragment-refused": ("reason", "status-code", "frames", "start", "end"),
    "kvssink-frames-skipped": ("reason", "explanation", "count", "start", "end"),
    "kvssink-pressure": ("kind", "duration", "duration-limit", "bytes", "bytes-limit"),
}


class Story:
    """Reads messages in their order; asks the element nothing."""

    def __init__(self, messages):
        self.states = []
        self.reasons = []  # sentences, of connections, warnings, refusals and the error
        self.codes = set()  # status codes that came with them
        self.lost = {}  # frames by reason
        self.unconfirmed = 0  # lost fragments that may have arrived
        self.refused = 0  # fragments
        self.skipped = {}  # frames by reason
        self.gaps = []  # (start, end) of what was lost or skipped, wall time in ns
        self.pressures = []  # (kind, over), in order
        self.progress = []  # (code, type)
        self.warnings = []  # sentences
        self.error = None  # GLib.Error: the stream has ended
        self.vague = []  # messages that leave a question open
        for message in messages:
            self.hear(message)

    def hear(self, message):
        if message.type == Gst.MessageType.ERROR:
            error, _ = message.parse_error()
            self.error = self.error or error  # behind it the source says that its data went nowhere
            self.told(error.message, message.parse_error_details())
        elif message.type == Gst.MessageType.WARNING:
            self.warnings.append(message.parse_warning()[0].message)
            self.told(self.warnings[-1], message.parse_warning_details())
        elif message.type == Gst.MessageType.PROGRESS:
            kind, code, _ = message.parse_progress()
            self.progress.append((code, kind.value_nick))
        elif message.type == Gst.MessageType.ELEMENT:
            self.hear_structure(message.get_structure())

    def told(self, sentence, details):
        self.reasons.append(sentence)
        if details:
            self.codes.add(details.get_value("status-code"))

    def hear_structure(self, structure):
        name = structure.get_name()
        if name == "kvssink-connection":
            self.states.append(structure.get_string("state"))
        elif name == "kvssink-fragment-lost":
            self.add(self.lost, structure, "frames")
            self.unconfirmed += structure.get_value("unconfirmed")
            self.add_gap(structure)
        elif name == "kvssink-frames-skipped":
            self.add(self.skipped, structure, "count")
            self.add_gap(structure)
        elif name == "kvssink-fragment-refused":
            self.refused += 1
        elif name == "kvssink-pressure":
            self.pressures.append((structure.get_string("kind"), structure.get_value("over")))
        if name in ("kvssink-connection", "kvssink-fragment-refused") and structure.has_field("reason"):
            self.reasons.append(structure.get_string("reason"))
            if structure.has_field("status-code"):
                self.codes.add(structure.get_value("status-code"))
        self.look_for_questions(structure)

    def look_for_questions(self, structure):
        needed = NEEDED.get(structure.get_name())
        if structure.get_name() == "kvssink-connection":
            needed = NEEDED.get(structure.get_string("state"))
        if any(not structure.has_field(field) for field in needed or ()):
            self.vague.append(structure.to_string())

    @staticmethod
    def add(counts, structure, field):
        reason = structure.get_string("reason")
        counts[reason] = counts.get(reason, 0) + structure.get_value(field)

    def add_gap(self, structure):
        self.gaps.append((structure.get_value("start"), structure.get_value("end")))

    @property
    def troubled(self):
        return any(state in TROUBLE for state in self.states)

    @property
    def over(self):
        """Nothing is wrong any more: connected, no pressure, no error."""
        connected = next((state in WELL for state in reversed(self.states) if state != "stopped"), False)
        pressed = {kind for kind, _ in self.pressures if dict(self.pressures)[kind] is False}
        return self.error is None and connected and not pressed
