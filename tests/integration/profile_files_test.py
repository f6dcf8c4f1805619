# SPDX-License-Identifier: Apache-2.0
"""The AWS CLI's own library (botocore, Debian's) and we read the same shared files the same way."""
import json
import os
import subprocess

import botocore.credentials
import botocore.exceptions
import botocore.session

from support import case, environment
from support.waiting import PATIENCE

SHOW = os.environ.get("KVS_SHOW_PROFILE", "show_profile")
KEYS = "aws_access_key_id = {0}\naws_secret_access_key = secret-{0}\n"
METHODS = {"shared-credentials-file": "keys", "config-file": "keys", "custom-process": "process",
           "assume-role": "role", "assume-role-with-web-identity": "web identity"}

# (config, credentials, profile); what each comes to, botocore says.
CASES = {
    "keys": ("", "[default]\n" + KEYS.format("A"), "default"),
    "keys with a token": ("", "[cam]\n" + KEYS.format("A") + "aws_session_token = t=1:2;3\n", "cam"),
    "colons and blanks": ("", "[cam]\naws_access_key_id:A\n aws_secret_access_key  =  s/e+c=r:et # no comment\n",
                          "cam"),
    "names in any case": ("", "[cam]\nAWS_ACCESS_KEY_ID=A\nAws_Secret_Access_Key=s\n", "cam"),
    "comments": ("", "# one\n[cam]\n; two\n" + KEYS.format("A") + "  # three\n", "cam"),
    "windows lines": ("", "[cam]\r\naws_access_key_id = A\r\naws_secret_access_key = s\r\n", "cam"),
    "both files": ("[profile cam]\n" + KEYS.format("CONFIG"), "[cam]\n" + KEYS.format("CREDENTIALS"), "cam"),
    "config only": ("[profile cam]\n" + KEYS.format("CONFIG"), "", "cam"),
    "config without the word profile": ("[cam]\n" + KEYS.format("CONFIG"), "", "cam"),
    "a quoted name": ("[profile \"big door\"]\n" + KEYS.format("A"), "", "big door"),
    "default of the config": ("[default]\n" + KEYS.format("A"), "", "default"),
    "profile default": ("[profile default]\n" + KEYS.format("A"), "", "default"),
    "a block before keys": ("[profile cam]\ns3 =\n  max_concurrent_requests = 20\n" + KEYS.format("A"), "", "cam"),
    "a process": ("[profile cam]\ncredential_process = /bin/x 'a b' \"c\\\"d\" e\\ f\n", "", "cam"),
    "a process and keys of the credentials file": ("[profile cam]\ncredential_process = x\n",
                                                   "[cam]\n" + KEYS.format("A"), "cam"),
    "a process and keys of the config file": ("[profile cam]\ncredential_process = x\n" + KEYS.format("A"), "", "cam"),
    "a process in the credentials file": ("", "[cam]\ncredential_process = x\n", "cam"),
    "a role": ("[profile cam]\nrole_arn = arn:r\nsource_profile = base\n", "[base]\n" + KEYS.format("A"), "cam"),
    "a role and keys": ("[profile cam]\nrole_arn = arn:r\nsource_profile = base\n",
                        "[base]\n" + KEYS.format("A") + "[cam]\n" + KEYS.format("B"), "cam"),
    "a role of itself": ("[profile cam]\nrole_arn = arn:r\nsource_profile = cam\n" + KEYS.format("A"), "", "cam"),
    "a role of nobody": ("[profile cam]\nrole_arn = arn:r\n", "", "cam"),
    "a role of a ghost": ("[profile cam]\nrole_arn = arn:r\nsource_profile = ghost\n", "", "cam"),
    "a role in a circle": ("[profile cam]\nrole_arn = arn:r\nsource_profile = b\n"
                           "[profile b]\nrole_arn = arn:s\nsource_profile = cam\n", "", "cam"),
    "a role of two": ("[profile cam]\nrole_arn = arn:r\nsource_profile = b\ncredential_source = Environment\n"
                      "[profile b]\n" + KEYS.format("A"), "", "cam"),
    "a role of a wrong source": ("[profile cam]\nrole_arn = arn:r\ncredential_source = Nowhere\n", "", "cam"),
    "web identity": ("[profile cam]\nrole_arn = arn:r\nweb_identity_token_file = /t\n", "", "cam"),
    "web identity and keys": ("[profile cam]\nrole_arn = arn:r\nweb_identity_token_file = /t\n",
                              "[cam]\n" + KEYS.format("A"), "cam"),
    "web identity without a role": ("[profile cam]\nweb_identity_token_file = /t\n", "", "cam"),
    "half a pair": ("", "[cam]\naws_access_key_id = A\n", "cam"),
    "the other half": ("", "[cam]\naws_secret_access_key = A\n", "cam"),
    "nothing": ("[profile cam]\nregion = eu-west-1\n", "", "cam"),
    "no such profile": ("[profile cam]\nregion = eu-west-1\n", "", "ghost"),
    "a section twice": ("", "[cam]\n" + KEYS.format("A") + "[cam]\n" + KEYS.format("B"), "cam"),
    "a setting twice": ("", "[cam]\n" + KEYS.format("A") + KEYS.format("B"), "cam"),
    "no section": ("", KEYS.format("A"), "cam"),
    "a line that is nothing": ("", "[cam]\n" + KEYS.format("A") + "nonsense\n", "cam"),
    "a continued value": ("", "[cam]\naws_access_key_id = A\naws_secret_access_key = s\n  more\n", "cam"),
}


class ProfileFilesTest(case.IntegrationTest):
    def theirs(self, config, credentials, profile):
        os.environ.update(AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE=credentials, AWS_PROFILE=profile)
        session = botocore.session.Session()
        try:
            found = session.get_component("credential_provider")
            # Only what comes from the files: not the environment, containers or instances.
            found.providers = [one for one in found.providers if one.METHOD in METHODS]
            credentials = found.load_credentials()
        except botocore.exceptions.BotoCoreError as error:
            return {"error": str(error)}
        except Exception as error:  # a process that is not there, where it is run at once
            return {"how": "process"} if isinstance(error, FileNotFoundError) else {"error": repr(error)}
        if credentials is None:
            return {"error": "none"}
        how = METHODS[credentials.method]
        if how != "keys":
            return {"how": how}
        return {"how": how, "access_key": credentials.access_key, "secret_key": credentials.secret_key,
                "token": credentials.token or ""}

    def ours(self, *arguments):
        done = subprocess.run([SHOW, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout)

    def test_the_same_of_the_same_files(self):
        environment.adopt(environment.clean(self.folder))
        config, credentials = (os.path.join(self.folder, name) for name in ("config", "credentials"))
        for name, (config_text, credentials_text, profile) in CASES.items():
            with self.subTest(name):
                for path, text in ((config, config_text), (credentials, credentials_text)):
                    with open(path, "w", encoding="utf-8", newline="") as file:
                        file.write(text)
                theirs, ours = self.theirs(config, credentials, profile), self.ours(config, credentials, profile)
                if "error" in theirs:
                    self.assertIn("error", ours)
                else:
                    self.assertEqual({key: ours.get(key) for key in theirs}, theirs)

    def test_commands_are_split_the_same_way(self):
        config = os.path.join(self.folder, "config")
        for command in ("a b", "'a b' \"c d\" e\\ f", "a\"b\"'c'", "\"a\\\"b\\\\c\\d\"", "a#b # c", "'' x", "a\tb"):
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"[profile cam]\ncredential_process = {command}\n")
            self.assertEqual(self.ours(config, os.devnull, "cam")["words"],
                             botocore.credentials.compat_shell_split(command), command)


if __name__ == "__main__":
    case.main()
