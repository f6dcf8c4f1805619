# SPDX-License-Identifier: Apache-2.0
"""No secret of any source comes out: not by logs at any level, messages, properties, stats, dot files, error
texts, command lines of programs that we run, or files that we leave behind."""
import base64
import glob
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

from support import case, environment, preload
from support.certificates import Authority
from support.credential_giver import EXPIRATION, METADATA_TOKEN, SESSION_TOKEN, CredentialGiver
from support.http_proxy import HttpProxy
from support.kvs_local import ACCESS_KEY, REGION, SECRET_KEY
from support.waiting import PATIENCE

PROGRAM = os.path.join(os.path.dirname(__file__), "..", "support", "say_everything.py")
STREAM = "a-word-that-is-said"
SOURCE_SECRET = "SourceKeySECRETWORD/of/the/profile/0000"
GIVEN = (SECRET_KEY, SESSION_TOKEN)


def forms(secret):
    """The secret as it is, and as it may be written on its way."""
    raw = secret.encode()
    return {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret), json.dumps(secret)[1:-1],
            base64.b64encode(raw).decode().rstrip("="), raw.hex(), repr(secret)[1:-1]}


class SecretsTest(case.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.home = tempfile.mkdtemp(prefix="home-", dir=self.folder)  # what the user keeps there is his own
        self.said = tempfile.mkdtemp(prefix="said-", dir=self.folder)
        os.mkdir(os.path.join(self.said, "tmp"))
        environment.adopt({**environment.clean(self.home), "AWS_DEFAULT_REGION": REGION})

    def write(self, name, text, mode=0o600):
        return super().write(os.path.join(self.home, name), text, mode)

    def temporary(self, **settings):
        """kvs-local, which wants the session token, too."""
        return self.service("--session-token", SESSION_TOKEN, **settings)

    def giver(self, **settings):
        giver = CredentialGiver(**settings)
        self.addCleanup(giver.stop)
        return giver

    def speak(self, **properties):
        """The outcome; all that was said is below self.said."""
        settings = {name.replace("_", "-"): value for name, value in properties.items()}
        variables = {**os.environ, "GST_DEBUG": "*:9", "GST_DEBUG_NO_COLOR": "1", "TMPDIR": f"{self.said}/tmp",
                     "GST_DEBUG_FILE": f"{self.said}/debug", "GST_DEBUG_DUMP_DOT_DIR": self.said}
        with open(f"{self.said}/out", "wb") as out:
            subprocess.run([sys.executable, PROGRAM], input=json.dumps({"stream-name": STREAM, **settings}).encode(),
                           env=variables, cwd=self.said, stdout=out, stderr=subprocess.STDOUT, timeout=2 * PATIENCE,
                           check=True)
        with open(f"{self.said}/inspect", "wb") as out:
            subprocess.run(["gst-inspect-1.0", "kvssink"], env=preload.watched(), stdout=out, stderr=subprocess.STDOUT,
                           timeout=PATIENCE, check=True)
        with open(f"{self.said}/out", encoding="utf-8", errors="replace") as out:
            return out.read().rsplit("outcome ", 1)[-1].strip()

    def files(self):
        for folder, _, names in os.walk(self.said):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    yield os.path.relpath(path, self.said), file.read()

    def check_silence(self, *secrets):
        said = dict(self.files())
        for name in ("out", "debug", "pipeline.dot", "inspect"):
            self.assertIn(name, said)
        self.assertIn(STREAM.encode(), said["debug"], "what is said is found")
        self.assertIn(b"kvs-aws", said["debug"], "the core's own lines are among it")
        self.check_files(*secrets)

    def check_files(self, *secrets):
        said = dict(self.files())
        for secret in secrets:
            for form in forms(secret):
                found = [name for name, content in said.items() if form.encode() in content]
                self.assertEqual(found, [], f"{form!r} was said")

    def check(self, *secrets, outcome="eos", **properties):
        self.assertEqual(self.speak(**properties), outcome)
        self.check_silence(*secrets)

    # --- keys that the user gives ---

    def test_what_is_said_would_be_found(self):
        self.speak(endpoint=self.service().url, user_agent="agent " + SOURCE_SECRET)  # a property that is readable
        with self.assertRaises(AssertionError):
            self.check_silence(SOURCE_SECRET)

    def test_properties(self):
        self.check(*GIVEN, endpoint=self.temporary().url, access_key=ACCESS_KEY, secret_key=SECRET_KEY,
                   session_token=SESSION_TOKEN)

    def test_environment(self):
        os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY,
                          AWS_SESSION_TOKEN=SESSION_TOKEN)
        self.check(*GIVEN, endpoint=self.temporary().url)

    def test_a_log_of_log4cplus_at_trace(self):
        if not glob.glob(os.path.join(os.environ["GST_PLUGIN_PATH"], "*log4cplus.module")):
            self.skipTest("built without log4cplus")
        config = self.write("log.conf", "log4cplus.rootLogger=TRACE, F\n"
                                        "log4cplus.appender.F=log4cplus::FileAppender\n"
                                        f"log4cplus.appender.F.File={self.said}/kvs.log\n"
                                        "log4cplus.appender.F.layout=log4cplus::TTCCLayout\n")
        self.assertEqual(self.speak(endpoint=self.temporary().url, access_key=ACCESS_KEY, secret_key=SECRET_KEY,
                                    session_token=SESSION_TOKEN, log_config=config), "eos")
        log = dict(self.files())["kvs.log"]
        for words in (b"TRACE", b"kvs-aws", STREAM.encode()):
            self.assertIn(words, log)
        self.check_files(*GIVEN)

    def test_credential_file(self):
        path = self.write("keys", f"CREDENTIALS {ACCESS_KEY} {EXPIRATION} {SECRET_KEY} {SESSION_TOKEN}")
        self.check(*GIVEN, endpoint=self.temporary().url, credential_path=path)

    def test_a_credential_file_that_is_wrong(self):
        path = self.write("keys", f"CREDENTIALS {ACCESS_KEY} tomorrow {SECRET_KEY} {SESSION_TOKEN} more")
        self.check(*GIVEN, outcome="error", endpoint=self.temporary().url, credential_path=path)

    def test_a_refusal_that_repeats_the_token(self):
        words = ("The request signature we calculated does not match the signature you provided.\n\nThe Canonical "
                 f"String for this request should have been\n'POST\n/describeStream\n\nx-amz-security-token:{SESSION_TOKEN}'")
        refusal = {"type": "status", "status": 403, "error": "InvalidSignatureException", "message": words}
        service = self.temporary(faults=[{"match": {"operation": "describeStream", "times": 99}, "action": refusal}])
        self.check(*GIVEN, outcome="error", endpoint=service.url, access_key=ACCESS_KEY, secret_key=SECRET_KEY,
                   session_token=SESSION_TOKEN)

    # --- profiles ---

    def test_profile(self):
        self.write(".aws/credentials", f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = "
                                       f"{SECRET_KEY}\naws_session_token = {SESSION_TOKEN}\n")
        self.check(*GIVEN, endpoint=self.temporary().url)

    def test_a_profile_that_is_wrong(self):
        self.write(".aws/credentials", f"[default]\naws_access_key_id = {ACCESS_KEY}\n= {SECRET_KEY}\n{SESSION_TOKEN}\n")
        self.check(*GIVEN, outcome="error", endpoint=self.temporary().url)

    def test_credential_process(self):
        answer = json.dumps({"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY,
                             "SessionToken": SESSION_TOKEN, "Expiration": EXPIRATION})
        program = self.write("give", "#!/bin/sh\n"
                                     f"cat /proc/$$/cmdline /proc/$PPID/cmdline > '{self.said}/cmdlines'\n"
                                     f"echo '{SESSION_TOKEN}' >&2\n"
                                     f"cat <<'END'\n{answer}\nEND\n", 0o700)
        self.write(".aws/config", f"[default]\ncredential_process = {program} --for camera\n")
        self.check(*GIVEN, endpoint=self.temporary().url)
        self.assertIn(b"camera", dict(self.files())["cmdlines"])

    def test_role(self):
        giver = self.giver()
        self.write(".aws/credentials", f"[base]\naws_access_key_id = AKIDSOURCE\naws_secret_access_key = {SOURCE_SECRET}\n")
        self.write(".aws/config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/cam\nsource_profile = base\n")
        os.environ["AWS_ENDPOINT_URL_STS"] = giver.url
        self.check(*GIVEN, SOURCE_SECRET, endpoint=self.temporary().url)

    def test_web_identity(self):
        giver = self.giver()
        os.environ.update(AWS_WEB_IDENTITY_TOKEN_FILE=self.write("jwt", SOURCE_SECRET), AWS_ENDPOINT_URL_STS=giver.url,
                          AWS_ROLE_ARN="arn:aws:iam::123456789012:role/cam")
        self.check(*GIVEN, SOURCE_SECRET, endpoint=self.temporary().url)

    # --- the network's ---

    def test_container(self):
        os.environ.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=self.giver().url + "/credentials",
                          AWS_CONTAINER_AUTHORIZATION_TOKEN=SOURCE_SECRET)
        self.check(*GIVEN, SOURCE_SECRET, endpoint=self.temporary().url)

    def test_a_container_whose_answer_is_broken(self):
        broken = json.dumps({"AccessKeyId": "A B", "SecretAccessKey": SECRET_KEY, "Token": SESSION_TOKEN})
        os.environ.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=self.giver(text=broken).url + "/credentials",
                          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=self.write("token", SOURCE_SECRET + "\n"))
        self.assertIn(self.speak(endpoint=self.temporary().url), ("refused", "error"))
        self.check_silence(*GIVEN, SOURCE_SECRET)

    def test_instance(self):
        os.environ.update(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=self.giver().url)
        self.check(*GIVEN, METADATA_TOKEN, endpoint=self.temporary().url)

    def test_iot(self):
        authority = Authority(self.home)
        giver = self.giver(tls=authority.sign("giver", "IP:127.0.0.1"))
        certificate, key = authority.sign("door")
        with open(key, encoding="ascii") as file:
            lines = file.read().split("\n")
        structure = (f"iot-certificate,endpoint=(string)\"{giver.address}\",cert-path=(string)\"{certificate}\","
                     f"key-path=(string)\"{key}\",ca-path=(string)\"{authority.path}\",role-aliases=(string)Cam;")
        self.check(*GIVEN, lines[1], lines[2], endpoint=self.temporary().url, iot_certificate=structure)

    def test_proxy(self):
        host = "vpce-0a-1b.kinesisvideo.eu-central-1.vpce.amazonaws.com"
        authority = Authority(self.home)
        certificate, key = authority.sign("service", f"DNS:{host}")
        service = self.service("--tls", "--cert", certificate, "--key", key)
        os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
        for password, outcome in (("ProxySECRETWORD", "eos"), ("ProxySECRETWORD-another", "refused")):
            with self.subTest(outcome=outcome):
                proxy = HttpProxy(service.port, "me", "ProxySECRETWORD")
                self.addCleanup(proxy.stop)
                self.check(SECRET_KEY, password, f"me:{password}", outcome=outcome, endpoint=f"https://{host}",
                           proxy=f"http://me:{password}@{proxy.address}", ca_path=authority.path)


if __name__ == "__main__":
    case.main()
