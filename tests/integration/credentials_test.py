# SPDX-License-Identifier: Apache-2.0
"""Every source of credentials through kvssink, against kvs-local, which gives them and checks what is signed."""
import json
import os
import stat
import subprocess
import sys
import time

from support import case, environment, sources
from support.kvs_local import ACCESS_KEY, REGION, SECRET_KEY
from support.sources import Feed
from support.waiting import PATIENCE, wait_until

FPS = 25
SOURCE = ("videotestsrc num-buffers=50 ! video/x-raw,framerate=25/1 ! "
          "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! ")
# Plays what its argument says until its stdin ends, and exits in the middle of it.
HOST = """
import sys
from support import preload
preload.host()
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[1])
pipeline.set_state(Gst.State.PLAYING)
sys.stdin.read()
sys.exit(0)
"""


class CredentialsTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(4 * FPS, FPS, key_interval=FPS)

    def setUp(self):
        super().setUp()
        environment.adopt({**environment.clean(self.folder), "AWS_DEFAULT_REGION": REGION})

    def giving(self, *options, **settings):
        return self.service("--credentials", *options, **settings)

    def container(self, service):
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url + "/container/credentials"
        os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "container-token-SECRETWORD"

    def calls(self, service, operation):
        """The statuses that kvs-local answered with."""
        return [line.split()[-1] for line in service.log().splitlines() if f" {operation} -> " in f" {line}"]

    def play(self, service, name="cam", **properties):
        feed = Feed(service, name, **properties).play()
        self.addCleanup(feed.stop)
        return feed

    def streams(self, service, source, **properties):
        """A stream of a few seconds arrives whole, and `source` is what stats names."""
        feed = self.play(service, **properties)
        feed.push(self.units)
        feed.end()
        self.assertEqual(feed.stats()["credential-source"], source)
        self.assertEqual(len(self.check_whole(service, "cam", feed.entered).blocks), len(self.units))
        return feed

    # --- each source ---

    def test_container(self):
        service = self.giving()
        self.container(service)
        feed = self.streams(service, "container endpoint")
        passed = feed.stats()["credentials-passed-over"]
        for source in ("AWS IoT certificate: ", "environment variables: ", "credential file: ", "web identity token: "):
            self.assertIn(source, passed)

    def test_container_token_from_a_file(self):
        service = self.giving()
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url + "/container/credentials"
        os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = self.write("token", "a-token\n")
        self.streams(service, "container endpoint")

    def test_instance(self):
        service = self.giving()
        os.environ["AWS_EC2_METADATA_DISABLED"] = "false"
        os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.url
        self.streams(service, "EC2 instance metadata")

    def test_web_identity(self):
        service = self.giving()
        os.environ.update(AWS_WEB_IDENTITY_TOKEN_FILE=self.write("jwt", "a.b.c"),
                          AWS_ROLE_ARN="arn:aws:iam::123456789012:role/cam", AWS_ENDPOINT_URL_STS=service.url)
        self.streams(service, "web identity token")

    def test_profile_with_keys(self):
        service = self.giving()
        self.write(".aws/credentials",
                   f"[cam]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        os.environ["AWS_PROFILE"] = "cam"
        self.streams(service, "profile cam")

    def test_profile_with_a_program(self):
        service = self.giving()
        answer = json.dumps({"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY})
        program = self.write("give it", f"#!/bin/sh\n[ \"$1\" = 'a b' ] && echo '{answer}'\n", stat.S_IRWXU)
        self.write(".aws/config", f"[default]\ncredential_process = '{program}' \"a b\"\n")
        self.streams(service, "profile default (credential_process)")

    def test_a_program_ends_with_its_host(self):
        service = self.giving()
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        program = self.write("slow", f"#!/bin/sh\nexec > '{pipe}'\necho started\nexec sleep 1000\n", stat.S_IRWXU)
        self.write(".aws/config", f"[default]\ncredential_process = {program}\n")
        host = subprocess.Popen([sys.executable, "-c", HOST, f"{SOURCE}kvssink endpoint={service.url} stream-name=cam"],
                                stdin=subprocess.PIPE)
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, end)
        wait_until(lambda: self.next_of(end), "the program runs")
        host.communicate(timeout=PATIENCE)  # its stdin ends, and so does the host, without stopping the pipeline
        self.assertEqual(host.returncode, 0)
        wait_until(lambda: self.next_of(end) == b"", "the program ends")

    @staticmethod
    def next_of(pipe):
        """What was written there; None where nothing was yet, nothing at all where nobody can write any more."""
        try:
            return os.read(pipe, 100)
        except BlockingIOError:
            return None

    def test_profile_with_a_role(self):
        service = self.giving()
        self.write(".aws/config", "[profile cam]\nrole_arn = arn:aws:iam::123456789012:role/cam\n"
                                  "source_profile = base\n")
        self.write(".aws/credentials",
                   f"[base]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        os.environ.update(AWS_PROFILE="cam", AWS_ENDPOINT_URL_STS=service.url)
        self.streams(service, "profile cam (role)")
        self.assertEqual(self.calls(service, "assumeRole"), ["200"])

    def test_a_role_is_taken_although_the_clock_is_wrong(self):
        service = self.giving("--clock-offset", str(24 * 3600))
        self.write(".aws/config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/cam\nsource_profile = base\n")
        self.write(".aws/credentials",
                   f"[base]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        os.environ["AWS_ENDPOINT_URL_STS"] = service.url
        # A process of its own: what is learnt of the time holds for all.
        done = self.launch(*f"{SOURCE}kvssink endpoint={service.url} stream-name=cam".split())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("This machine's clock is 86", done.stdout + done.stderr)
        self.assertEqual(self.calls(service, "assumeRole"), ["403", "200"])

    def test_credential_file(self):
        service = self.giving()
        path = self.write("keys", f"CREDENTIALS {ACCESS_KEY} {SECRET_KEY}\n")
        self.streams(service, "credential file", credential_path=path)

    def test_credential_file_with_a_token(self):
        service = self.service("--session-token", "token+/==")
        path = self.write("keys", f"CREDENTIALS {ACCESS_KEY} 2100-01-01T00:00:00Z {SECRET_KEY} token+/==")
        self.streams(service, "credential file", credential_path=path)

    def test_credential_file_that_is_written_later(self):
        service = self.giving()
        path = os.path.join(self.folder, "later")
        feed = self.play(service, credential_path=path)
        feed.push(self.units)
        feed.wait_for(lambda: "later" in feed.stats()["last-error"], "the missing file is told")
        self.write("later.new", f"CREDENTIALS {ACCESS_KEY} {SECRET_KEY}")
        os.rename(path + ".new", path)
        feed.end()
        self.check_whole(service, "cam", feed.entered)

    def test_what_is_no_credential_file(self):
        service = self.giving()
        os.mkfifo(os.path.join(self.folder, "pipe"))
        for path in ("/dev/zero", self.folder, os.path.join(self.folder, "pipe"), self.write("big", "x" * 300_000)):
            feed = self.play(service, credential_path=path)
            feed.push(self.units[:FPS])
            feed.wait_for(lambda its=feed: its.stats()["last-error"], "the reason is told")
            self.assertIn(f"The credential file provided no credentials: {path} is ", feed.stats()["last-error"])
            self.assertIn("check the path", feed.stats()["last-error"])
            feed.stop()

    def test_nothing_is_set_up(self):
        done = self.launch(*f"{SOURCE}kvssink endpoint={self.giving().url} stream-name=x".split())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("kvssink0: No AWS credentials were found: set AWS_ACCESS_KEY_ID", done.stderr)

    def test_a_profile_that_is_not_there(self):
        os.environ["AWS_PROFILE"] = "ghost"
        done = self.launch(*f"{SOURCE}kvssink endpoint={self.giving().url} stream-name=x".split())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("kvssink0: AWS_PROFILE names the profile 'ghost'", done.stderr)
        self.assertIn("correct the variable, or add that profile", done.stderr)

    def test_a_key_with_a_line_break(self):
        os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY="SECRETWORD\r")
        done = self.launch(*f"{SOURCE}kvssink endpoint={self.giving().url} stream-name=x".split())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("The credentials from environment variables have a secret key that", done.stderr)
        self.assertNotIn("SECRETWORD", done.stdout + done.stderr)

    def test_credential_file_that_has_expired(self):
        service = self.giving()
        path = self.write("keys", f"CREDENTIALS {ACCESS_KEY} 2020-01-01T00:00:00Z {SECRET_KEY} token")
        feed = self.play(service, credential_path=path)
        feed.push(self.units)
        feed.wait_for(lambda: feed.errors(), "an error", errors=False)
        self.assertIn("expire", str(feed.errors()[0]))

    def test_the_example_without_gstreamer(self):
        service = self.giving()
        self.container(service)
        path = os.path.join(self.folder, "film.h264")
        with open(path, "wb") as file:
            for unit in self.units:
                file.write(sources.h264.join_byte_stream(unit.units))
        program = os.path.join(os.environ.get("KVS_EXAMPLES", "examples"), "annexb_producer")
        done = subprocess.run([program, path, "--stream-name", "film", "--endpoint", service.url],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    # --- sharing, expiry, change ---

    def test_two_elements_ask_once(self):
        service = self.giving()
        self.container(service)
        first, second = (self.play(service, name) for name in ("one", "two"))
        for feed in (first, second):
            feed.push(self.units)
        for feed in (first, second):
            feed.end()
        self.assertEqual(self.calls(service, "containerCredentials"), ["200"])

    def test_expiry_in_mid_stream_costs_nothing(self):
        service = self.giving("--credentials-seconds", "6", "--session-seconds", "3")
        self.container(service)
        feed = self.play(service)
        units = self.push_live(feed, 12)
        feed.end()
        self.assertEqual(feed.stats()["fragments-lost"], 0)
        self.assertEqual(len(self.check_whole(service, "cam", feed.entered).blocks), len(units))
        self.assertGreater(len(self.calls(service, "containerCredentials")), 1)

    def push_live(self, feed, seconds, at=None):
        """Pushes a second of media a second, and calls what `at` has for the end of one."""
        begun = time.monotonic()
        units = sources.encode(seconds * FPS, FPS, key_interval=FPS)
        for second in range(seconds):
            feed.push(units[second * FPS:(second + 1) * FPS])
            feed.wait_for(lambda until=begun + 1 + second: time.monotonic() >= until, "a second of the source")
            (at or {}).get(second, lambda: None)()
        return units

    def test_expiry_in_an_outage_costs_nothing(self):
        service = self.giving("--credentials-seconds", "4")
        self.container(service)
        feed = self.play(service)
        # Service and source of credentials are away until those that the stream has are long of no use.
        units = self.push_live(feed, 9, {1: service.stop, 7: service.start})
        feed.end()
        self.assertEqual(feed.stats()["fragments-lost"], 0)
        self.assertEqual(len(self.check_whole(service, "cam", feed.entered).blocks), len(units))
        self.assertGreater(len(self.calls(service, "containerCredentials")), 1)

    def test_keys_changed_by_property_are_taken_up(self):
        service = self.service("--session-seconds", "2")
        feed = self.play(service, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        feed.push(self.units[:2 * FPS])
        feed.wait_for(lambda: feed.stats()["frames-persisted"] > 0, "the first keys work")
        feed.sink.set_property("secret-key", "wrong")
        feed.wait_for(lambda: "ignature" in feed.stats()["last-error"], "the next session's are refused")
        feed.sink.set_property("secret-key", SECRET_KEY)
        feed.push(self.units[2 * FPS:])
        feed.end()
        self.assertEqual(len(self.check_whole(service, "cam", feed.entered).blocks), len(self.units))

    # --- trouble ---

    def trouble(self, *actions):
        """The container's endpoint meets these, then works."""
        rules = [{"match": {"operation": "containerCredentials", "from": 1, "times": 1}, "action": action}
                 for action in actions]
        for index, rule in enumerate(rules):
            rule["match"]["from"] = index + 1
        service = self.giving(faults=rules)
        self.container(service)
        return service

    def test_nonsense_and_dead_and_wrong_status_are_outlived(self):
        service = self.trouble({"type": "status", "status": 200, "text": "<html>nonsense"}, {"type": "reset"},
                               {"type": "status", "status": 503})
        self.streams(service, "container endpoint")

    def test_slow_is_outlived(self):
        service = self.trouble({"type": "stall"})
        self.streams(service, "container endpoint")

    def test_wrong_is_an_error_that_says_what_to_check(self):
        service = self.trouble({"type": "status", "status": 403, "text": '{"message":"no role for you"}'})
        feed = self.play(service)
        feed.push(self.units)
        feed.wait_for(lambda: feed.errors(), "an error", errors=False)
        self.assertIn("no role for you", str(feed.errors()[0]))

    # --- AWS IoT, over TLS ---

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=PATIENCE, check=True)

    def make_client(self):
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        self.openssl(*new, "-subj", "/CN=devices", "-keyout", "devices.key", "-out", "devices.pem")
        self.openssl(*new, "-subj", "/CN=door", "-CA", "devices.pem", "-CAkey", "devices.key", "-keyout", "door.key",
                     "-out", "door.pem")

    def iot(self, service, **changes):
        authority = os.path.join(service.data, "tls", "cert.pem")
        os.environ["KVSSINK_CA_CERT_PATH"] = authority
        fields = {"endpoint": service.url.removeprefix("https://"), "cert-path": f"{self.folder}/door.pem",
                  "key-path": f"{self.folder}/door.key", "ca-path": authority, "role-aliases": "Cam", **changes}
        return "iot-certificate=iot-certificate," + ",".join(f"{key}=(string){value}"
                                                             for key, value in fields.items())

    def launch_iot(self, service, certificate, **settings):
        return self.launch(*f"{SOURCE}kvssink endpoint={service.url} stream-name=door".split(), certificate,
                           **settings)

    def test_iot(self):
        self.make_client()
        service = self.giving("--tls", "--client-ca", f"{self.folder}/devices.pem")
        done = self.launch_iot(service, self.iot(service))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.exported(service, "door").blocks), 50)
        self.assertEqual(self.calls(service, "iotCredentials"), ["200"])
        self.assertNotIn("disconnected", done.stdout, "the first connection for media is taken")

    def test_iot_with_a_key_that_has_a_password(self):
        self.make_client()
        self.openssl("ec", "-in", "door.key", "-aes256", "-passout", "pass:SECRETWORD", "-out", "locked.key")
        service = self.giving("--tls", "--client-ca", f"{self.folder}/devices.pem")
        done = self.launch_iot(service, self.iot(service, **{"key-path": f"{self.folder}/locked.key"}))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the key may have no password", done.stderr)

    def test_iot_refused(self):
        self.make_client()
        rule = {"match": {"operation": "iotCredentials"},
                "action": {"type": "status", "status": 403, "text": '{"message":"Invalid thing name passed"}'}}
        service = self.giving("--tls", "--client-ca", f"{self.folder}/devices.pem", faults=[rule])
        done = self.launch_iot(service, self.iot(service))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Invalid thing name passed", done.stderr)
        self.assertIn("iot-thing-name", done.stderr)

    def test_iot_with_something_missing(self):
        self.make_client()
        service = self.giving("--tls", "--client-ca", f"{self.folder}/devices.pem")
        done = self.launch_iot(service, self.iot(service, **{"role-aliases": ""}))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("role-aliases", done.stderr)

    # --- secrets ---

    def test_no_secret_leaves_by_any_log(self):
        service = self.giving()
        secret, token = "SECRETWORD/secret/key/of/this/very/test", "SECRETWORD-token"
        self.write(".aws/credentials", f"[base]\naws_access_key_id = AKIDWRONG\naws_secret_access_key = {secret}\n"
                                       f"aws_session_token = {token}\n")
        self.write(".aws/config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/cam\nsource_profile = base\n")
        os.environ.update(AWS_ENDPOINT_URL_STS=service.url, GST_DEBUG="*:9", GST_DEBUG_NO_COLOR="1")
        done = self.launch(*f"{SOURCE}kvssink endpoint={service.url} stream-name=x".split())
        said = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("UnrecognizedClientException", said)
        self.assertNotIn("SECRETWORD", said)


if __name__ == "__main__":
    case.main()
