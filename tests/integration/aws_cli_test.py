# SPDX-License-Identifier: Apache-2.0
"""Debian's AWS CLI speaks with kvs-local: every operation of the control plane there and back."""
import json
import shutil
import subprocess

from support import case, environment
from support.waiting import PATIENCE

# Debian's own, also where another one comes earlier in PATH.
AWS = shutil.which("aws", path="/usr/bin") or shutil.which("aws")


class AwsCliTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.local = self.service()
        self.settings = environment.with_key(self.folder)

    def call(self, operation, *arguments):
        command = [AWS, "kinesisvideo", operation, *arguments, "--endpoint-url", self.local.url, "--output", "json",
                   "--no-cli-pager"]
        done = subprocess.run(command, env=self.settings, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def aws(self, operation, *arguments):
        code, out, err = self.call(operation, *arguments)
        self.assertEqual(code, 0, err)
        return json.loads(out) if out.strip() else {}

    def refused(self, exception, operation, *arguments):
        code, _, err = self.call(operation, *arguments)
        self.assertNotEqual(code, 0)
        self.assertIn(exception, err)

    def describe(self, *name):
        return self.aws("describe-stream", *name)["StreamInfo"]

    def test_a_streams_life(self):
        name = ("--stream-name", "cli")
        arn = self.aws("create-stream", *name, "--data-retention-in-hours", "24", "--media-type", "video/h264",
                       "--device-name", "door", "--tags", "floor=3")["StreamARN"]
        self.assertRegex(arn, r"^arn:aws:kinesisvideo:[a-z0-9-]+:\d{12}:stream/cli/\d+$")
        self.refused("ResourceInUseException", "create-stream", *name)

        info = self.describe(*name)
        self.assertEqual((info["StreamARN"], info["Status"], info["DataRetentionInHours"], info["MediaType"],
                          info["DeviceName"]), (arn, "ACTIVE", 24, "video/h264", "door"))
        self.assertEqual(self.describe("--stream-arn", arn), info)
        self.aws("create-stream", "--stream-name", "other")
        streams = self.aws("list-streams")["StreamInfoList"]
        self.assertEqual([stream["StreamName"] for stream in streams], ["cli", "other"])
        endpoint = self.aws("get-data-endpoint", *name, "--api-name", "PUT_MEDIA")["DataEndpoint"]
        self.assertEqual(endpoint, self.local.url)

        self.aws("tag-stream", *name, "--tags", "room=kitchen,side=north")
        self.assertEqual(self.aws("list-tags-for-stream", *name)["Tags"],
                         {"floor": "3", "room": "kitchen", "side": "north"})
        self.aws("untag-stream", *name, "--tag-key-list", "room", "floor")
        self.assertEqual(self.aws("list-tags-for-stream", *name)["Tags"], {"side": "north"})

        self.aws("update-stream", *name, "--current-version", info["Version"], "--device-name", "gate")
        updated = self.describe(*name)
        self.assertEqual(updated["DeviceName"], "gate")
        self.assertNotEqual(updated["Version"], info["Version"])
        self.refused("VersionMismatchException", "update-stream", *name, "--current-version", info["Version"],
                     "--media-type", "video/h265")
        self.aws("update-data-retention", *name, "--current-version", updated["Version"], "--operation",
                 "INCREASE_DATA_RETENTION", "--data-retention-change-in-hours", "12")
        self.assertEqual(self.describe(*name)["DataRetentionInHours"], 36)

        self.aws("delete-stream", "--stream-arn", arn)
        self.refused("ResourceNotFoundException", "describe-stream", *name)
        self.refused("ResourceNotFoundException", "get-data-endpoint", *name, "--api-name", "PUT_MEDIA")

    def test_a_wrong_key_is_refused(self):
        self.settings = environment.with_key(self.folder, secret_key="wrong")
        self.refused("Signature", "list-streams")
        self.settings = environment.with_key(self.folder, access_key="AKIDNOBODY0000000000")
        self.refused("Exception", "list-streams")


if __name__ == "__main__":
    case.main()
