# SPDX-License-Identifier: Apache-2.0
"""Whom kvssink trusts: certificates of the service and of AWS IoT's credentials, good and bad."""
import os

from support import case, environment, sources
from support.certificates import Authority
from support.kvs_local import REGION
from support.sources import Feed

FPS = 25


class TlsTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(2 * FPS, FPS, key_interval=FPS)

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder)

    def secured(self, *options, name="IP:127.0.0.1", days=2, owner="service"):
        certificate, key = self.authority.sign(owner, name, days=days)
        return self.service("--tls", "--cert", certificate, "--key", key, *options)

    def play(self, service, **properties):
        feed = Feed(service, "cam", **properties).play()
        self.addCleanup(feed.stop)
        feed.push(self.units)
        return feed

    def streams(self, service, **properties):
        feed = self.play(service, **properties)
        feed.end()
        self.assertEqual(feed.stats()["frames-persisted"], len(self.units), feed.summary())

    def refuses(self, service, *words, **properties):
        """Nothing is sent; the error says so in these words, and the element keeps trying."""
        feed = self.play(service, **properties)
        feed.wait_for(lambda: feed.stats()["last-error"], "an attempt failed")
        for word in words:
            self.assertIn(word, feed.stats()["last-error"])
        feed.wait_for(lambda: feed.stats()["attempt"] > 1, "it is tried again")
        self.assertEqual(service.streams(), [])

    # --- the service ---

    def test_a_file_by_property(self):
        self.streams(self.secured(), ca_path=self.authority.path)

    def test_a_folder_by_property(self):
        folder = os.path.join(self.folder, "trusted")
        os.mkdir(folder)
        os.symlink(self.authority.path, os.path.join(folder, "any name"))
        with open(os.path.join(folder, "README"), "w", encoding="utf-8") as file:
            file.write("no certificate\n")
        self.streams(self.secured(), ca_path=folder)

    def test_a_file_by_the_environment(self):
        os.environ["KVSSINK_CA_CERT_PATH"] = self.authority.path
        self.streams(self.secured())

    def test_a_bundle_by_the_variable_of_the_aws_tools(self):
        os.environ["AWS_CA_BUNDLE"] = self.authority.path
        self.streams(self.secured())

    def test_a_file_by_the_variable_of_openssl(self):
        os.environ["SSL_CERT_FILE"] = self.authority.path
        self.streams(self.secured())

    def test_folders_by_the_variable_of_openssl(self):
        folder = os.path.join(self.folder, "openssl")
        os.mkdir(folder)
        os.symlink(self.authority.path, os.path.join(folder, "authority.pem"))
        os.environ["SSL_CERT_DIR"] = f"/nowhere:{folder}"
        self.streams(self.secured())

    def test_the_own_variable_goes_before_those_of_others(self):
        other = Authority(self.folder, "elsewhere")
        os.environ.update(KVSSINK_CA_CERT_PATH=self.authority.path, AWS_CA_BUNDLE=other.path,
                          SSL_CERT_FILE=other.path, SSL_CERT_DIR="/nowhere")
        self.streams(self.secured())

    def test_a_variable_that_names_nothing_is_an_error_that_names_it(self):
        for variable in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            with self.subTest(variable):
                os.environ[variable] = "/nowhere/ca.pem"
                feed = self.play(self.secured())
                feed.wait_for(lambda feed=feed: feed.errors(), "an error", errors=False)
                self.assertIn(f"/nowhere/ca.pem ({variable})", str(feed.errors()[0]))
                del os.environ[variable]

    def test_two_elements_with_files_of_their_own(self):
        other = Authority(self.folder, "other")
        certificate, key = other.sign("second", "IP:127.0.0.1")
        second = self.service("--tls", "--cert", certificate, "--key", key)
        waiting = self.play(self.secured(), ca_path=self.authority.path)
        self.streams(second, ca_path=other.path)
        waiting.end()

    def test_a_path_with_nothing_in_it_is_an_error_that_names_it(self):
        feed = self.play(self.secured(), ca_path="/nowhere/ca.pem")
        feed.wait_for(lambda: feed.errors(), "an error", errors=False)
        self.assertIn("/nowhere/ca.pem", str(feed.errors()[0]))

    def test_a_stranger(self):
        stranger = Authority(self.folder, "stranger")
        self.refuses(self.secured(), "the certificate of 127.0.0.1:", "is not trusted", ca_path=stranger.path)

    def test_the_system_does_not_trust_it(self):
        self.refuses(self.secured(), "is not trusted")

    def test_expired(self):
        self.refuses(self.secured(days=-1), "is not trusted", "expired", ca_path=self.authority.path)

    def test_the_name_of_another(self):
        self.refuses(self.secured(name="DNS:elsewhere.example"), "is not trusted", "check the host name",
                     ca_path=self.authority.path)

    # --- AWS IoT ---

    def iot(self, giver):
        """The element's property, without any other source of credentials."""
        environment.adopt({**environment.clean(self.folder), "AWS_DEFAULT_REGION": REGION})
        certificate, key = self.authority.sign("door")
        fields = {"endpoint": giver.url.removeprefix("https://"), "cert-path": certificate, "key-path": key,
                  "ca-path": self.authority.path, "role-aliases": "Cam"}
        return {"iot_certificate": "iot-certificate," + ",".join(f"{name}=(string){value}"
                                                                 for name, value in fields.items()),
                "ca_path": self.authority.path}

    def giver(self, **certificate):
        return self.secured("--credentials", "--client-ca", self.authority.path, owner="giver", **certificate)

    def test_iot(self):
        giver = self.giver()
        self.streams(giver, **self.iot(giver))

    def test_iot_expired(self):
        giver = self.giver(days=-1)
        self.refuses(self.secured(), "AWS IoT certificate provided no credentials", "is not trusted", "expired",
                     **self.iot(giver))

    def test_iot_with_the_name_of_another(self):
        giver = self.giver(name="DNS:elsewhere.example")
        self.refuses(self.secured(), "AWS IoT certificate provided no credentials", "is not trusted", "check the host name",
                     **self.iot(giver))


if __name__ == "__main__":
    case.main()
