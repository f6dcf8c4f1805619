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
    "no line end at the end": ("", "[cam]\n" + KEYS.format("A").rstrip("\n"), "cam"),
    "lines of an old Macintosh": ("", "[cam]\raws_access_key_id = A\raws_secret_access_key = s\r", "cam"),
    "default in both files": ("[default]\n" + KEYS.format("CONFIG"), "[default]\n" + KEYS.format("CREDENTIALS"),
                              "default"),
    "default and profile default": ("[default]\n" + KEYS.format("A") + "[profile default]\n" + KEYS.format("B"), "",
                                    "default"),
    "the word profile in the credentials file": ("", "[profile cam]\n" + KEYS.format("A"), "cam"),
    "blanks in a section's name": ("[ profile cam ]\n" + KEYS.format("A"), "", "cam"),
    "blanks in a credentials section's name": ("", "[ cam ]\n" + KEYS.format("A"), "cam"),
    "blanks between profile and name": ("[profile   cam]\n" + KEYS.format("A"), "", "cam"),
    "a tab between profile and name": ("[profile\tcam]\n" + KEYS.format("A"), "", "cam"),
    "profile in capitals": ("[PROFILE cam]\n" + KEYS.format("A"), "", "cam"),
    "a name in another case": ("", "[Cam]\n" + KEYS.format("A"), "cam"),
    "three words": ("[profile cam x]\n" + KEYS.format("A"), "", "cam"),
    "single quotes": ("[profile 'big door']\n" + KEYS.format("A"), "", "big door"),
    "a quote that does not end": ("[profile \"cam]\n" + KEYS.format("A") + "[profile cam]\n" + KEYS.format("B"), "",
                                  "cam"),
    "a comment behind a section": ("", "[cam] # here\n" + KEYS.format("A"), "cam"),
    "a bracket in the comment behind a section": ("", "[cam] # here]\n" + KEYS.format("A"), "cam"),
    "text behind a section": ("", "[cam] here\n" + KEYS.format("A"), "cam"),
    "text before a section": ("", "here [cam]\n" + KEYS.format("A"), "cam"),
    "a section without a name": ("", "[]\n" + KEYS.format("A"), "cam"),
    "a section that does not end": ("", "[cam\n" + KEYS.format("A"), "cam"),
    "an indented section": ("", "  [cam]\n" + KEYS.format("A"), "cam"),
    "sections of other kinds": ("[plugins]\nx=1\n[sso-session s]\nx=1\n[services s]\nsts =\n  endpoint_url = http://x\n"
                                "[profile cam]\n" + KEYS.format("A"), "", "cam"),
    "defaults of all": ("", "[DEFAULT]\n" + KEYS.format("A") + "[cam]\nregion = x\n", "cam"),
    "defaults that are not needed": ("", "[DEFAULT]\n" + KEYS.format("A") + "[cam]\n" + KEYS.format("B"), "cam"),
    "defaults are no profile": ("", "[DEFAULT]\n" + KEYS.format("A"), "DEFAULT"),
    "defaults are not the profile default": ("", "[DEFAULT]\n" + KEYS.format("A"), "default"),
    "defaults twice": ("", "[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n[cam]\n" + KEYS.format("B"), "cam"),
    "an indent behind an empty line": ("", "[cam]\naws_access_key_id = A\n\n  aws_secret_access_key = s\n", "cam"),
    "an indent behind a comment": ("", "[cam]\naws_access_key_id = A\n# c\n  aws_secret_access_key = s\n", "cam"),
    "settings that are indented": ("", "[cam]\n  aws_access_key_id = A\n  aws_secret_access_key = s\n", "cam"),
    "a setting that looks like a continuation": ("", "[cam]\naws_access_key_id = A\n  aws_secret_access_key = s\n",
                                                 "cam"),
    "a comment that looks like a continuation": ("", "[cam]\naws_access_key_id = A\n  # c\naws_secret_access_key = s\n",
                                                 "cam"),
    "a block in the credentials file": ("", "[cam]\ns3 =\n    a = 1\n" + KEYS.format("A"), "cam"),
    "a role in a block": ("[profile cam]\ns3 =\n    role_arn = arn:r\n" + KEYS.format("A"), "", "cam"),
    "a block with nonsense": ("[profile cam]\ns3 =\n    nonsense\n" + KEYS.format("A"), "", "cam"),
    "a setting without a value": ("", "[cam]\n" + KEYS.format("A") + "region\n", "cam"),
    "a setting without a name": ("", "[cam]\n= x\n" + KEYS.format("A"), "cam"),
    "two signs": ("", "[cam]\naws_access_key_id == A\naws_secret_access_key = s\n", "cam"),
    "quoted values": ("", "[cam]\naws_access_key_id = \"A\"\naws_secret_access_key = 's'\n", "cam"),
    "the shell's export": ("", "[cam]\nexport aws_access_key_id = A\naws_secret_access_key = s\n", "cam"),
    "percent signs": ("", "[cam]\naws_access_key_id = A%(x)s\naws_secret_access_key = s%\n", "cam"),
    "other blanks at the end": ("", "[cam]\naws_access_key_id = A\v\naws_secret_access_key = s\f\n", "cam"),
    "a name beyond ASCII": ("", "[tür]\n" + KEYS.format("A"), "tür"),
    "empty keys": ("", "[cam]\naws_access_key_id =\naws_secret_access_key =\n", "cam"),
    "an empty token": ("", "[cam]\n" + KEYS.format("A") + "aws_session_token =\n", "cam"),
    "the token's old name": ("", "[cam]\n" + KEYS.format("A") + "aws_security_token = T\n", "cam"),
    "both of the token's names": ("", "[cam]\n" + KEYS.format("A") + "aws_session_token = U\naws_security_token = T\n",
                                  "cam"),
    "keys parted between files": ("[profile cam]\naws_secret_access_key = s\n", "[cam]\naws_access_key_id = A\n", "cam"),
    "a token in the other file": ("[profile cam]\naws_session_token = T\n", "[cam]\n" + KEYS.format("A"), "cam"),
    "an empty role": ("[profile cam]\nrole_arn =\n" + KEYS.format("A"), "", "cam"),
    "a role with keys of the config file": ("[profile cam]\nrole_arn = arn:r\nsource_profile = base\n[profile base]\n" +
                                            KEYS.format("A"), "", "cam"),
    "a role of default": ("[profile cam]\nrole_arn = arn:r\nsource_profile = default\n[default]\n" + KEYS.format("A"), "",
                          "cam"),
    "a role of a role": ("[profile cam]\nrole_arn = arn:r\nsource_profile = b\n[profile b]\nrole_arn = arn:s\n"
                         "source_profile = c\n[profile c]\n" + KEYS.format("A"), "", "cam"),
    "a role of one without anything": ("[profile cam]\nrole_arn = arn:r\nsource_profile = b\n[profile b]\nregion = x\n",
                                       "", "cam"),
    "a role in the credentials file": ("", "[cam]\nrole_arn = arn:r\nsource_profile = b\n[b]\n" + KEYS.format("A"), "cam"),
    "a role parted between files": ("[profile cam]\nsource_profile = b\n",
                                    "[cam]\nrole_arn = arn:r\n[b]\n" + KEYS.format("A"), "cam"),
    "a role in default, and keys in the other": ("[default]\nrole_arn = arn:r\nsource_profile = b\n",
                                                 "[default]\n" + KEYS.format("D") + "[b]\n" + KEYS.format("A"), "default"),
    "an empty process": ("[profile cam]\ncredential_process =\n", "", "cam"),
    "a process with an open quote": ("[profile cam]\ncredential_process = x 'y\n", "", "cam"),
    "a config file of nonsense": ("nonsense\n", "[cam]\n" + KEYS.format("A"), "cam"),
    "a credentials file of nonsense": ("[profile cam]\n" + KEYS.format("A"), "nonsense\n", "cam"),
    "another section twice": ("", "[cam]\n" + KEYS.format("A") + "[x]\na = 1\n[x]\nb = 1\n", "cam"),
    "only a comment": ("", "# nothing\n", "cam"),
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
