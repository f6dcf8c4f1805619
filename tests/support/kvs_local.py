# SPDX-License-Identifier: Apache-2.0
"""kvs-local as a process: start, stop, kill, restart in the same place, look at and export what it holds."""
import glob
import json
import os
import re
import subprocess
import threading

from support import ports
from support.waiting import PATIENCE, wait_until

PROGRAM = os.environ.get("KVS_LOCAL", "kvs-local")
ACCESS_KEY = "AKIDINTEGRATION00000"
SECRET_KEY = "integration/secret/key/integration/secre"
REGION = "eu-central-1"
SANITIZERS = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:")
LISTENING = re.compile(r"listening on (https?://\S+):(\d+)")


class KvsLocal:
    """One kvs-local with a data folder. Its options stay the same over restarts; so does its port.

    It keeps only fragments that something closed, unless not `strict_end`: for clients that are not ours."""

    def __init__(self, folder, *options, faults=None, port=0, strict_end=True):
        self.data = os.path.join(folder, "data")
        self.log_path = os.path.join(folder, "kvs-local.log")
        self.options = [*options, "--verbose", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
        if strict_end:
            self.options.append("--strict-end")
        if faults is not None:
            self.options += ["--faults", self.write_faults(folder, faults)]
        self.port = port
        self.process = None
        self.url = None
        self.lines = []

    @staticmethod
    def write_faults(folder, rules):
        path = os.path.join(folder, "faults.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"rules": rules}, file)
        return path

    def start(self):
        wanted = self.port
        self.launch()
        while wanted == 0 and not ports.is_new(self.port):
            self.stop()
            self.port = 0
            self.launch()
        return self

    def launch(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--port", str(self.port), "--data-dir", self.data, *self.options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.lines = []
        threading.Thread(target=self.read_output, args=(self.process, self.lines), daemon=True).start()
        found = wait_until(self.listening, "kvs-local listens")
        self.url = f"{found[1]}:{found[2]}"
        self.port = int(found[2])

    @staticmethod
    def read_output(process, lines):
        with process.stdout:
            for line in process.stdout:
                lines.append(line)

    def listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"kvs-local ended with {self.process.returncode}:\n{self.log()}")
        return next((found for line in list(self.lines) if (found := LISTENING.search(line))), None)

    def stop(self):
        """Ends it as a user would. Its exit status; None where it was not running."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        return self.end(self.process)

    def kill(self):
        """kill -9."""
        self.process.kill()
        return self.end(self.process)

    def end(self, process):
        try:
            status = process.wait(PATIENCE)
            self.check_log()
            return status
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"kvs-local did not end:\n{self.log()}") from None
        finally:
            self.process = None

    def check_log(self):
        """Where kvs-local itself is watched by a sanitizer, what that has found."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            found = SANITIZERS.search(text := file.read())
        if found:
            raise AssertionError(f"kvs-local:\n{text[found.start() :][:8000]}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def run(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"kvs-local {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout

    def listed(self, *arguments):
        return json.loads(self.run("ls", *arguments, "--data-dir", self.data, "--json"))

    def streams(self):
        """The streams' names."""
        return [stream["name"] for stream in self.listed()["streams"]]

    def fragments(self, stream):
        """What `ls STREAM --json` says of each fragment, in order."""
        return self.listed(stream)["fragments"] if stream in self.streams() else []

    def export(self, stream):
        """The paths of the exported files, in order."""
        folder = os.path.dirname(self.data)
        path = os.path.join(folder, f"export-{stream}.mkv")
        self.run("export", stream, "--data-dir", self.data, path)
        later = glob.glob(os.path.join(folder, f"export-{stream}-*.mkv"))
        return [path, *sorted(later, key=lambda name: int(re.search(r"-(\d+)\.mkv$", name)[1]))]
