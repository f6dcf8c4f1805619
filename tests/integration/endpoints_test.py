# SPDX-License-Identifier: Apache-2.0
"""Where kvssink goes, and by which way: public names, VPC endpoints, proxies, local addresses. What has a
public name is led to kvs-local by a proxy of ours."""
import os
import socket

from support import case, sources
from support.certificates import Authority
from support.http_proxy import HttpProxy
from support.kvs_local import REGION
from support.sources import Feed

FPS = 25
# Region, properties, environment, text of the shared config file, and the host that all this means.
PUBLIC = [
    ("eu-central-1", {}, {}, "", "kinesisvideo.eu-central-1.amazonaws.com"),
    ("cn-north-1", {}, {}, "", "kinesisvideo.cn-north-1.amazonaws.com.cn"),
    ("us-gov-west-1", {}, {}, "", "kinesisvideo-fips.us-gov-west-1.amazonaws.com"),
    ("us-isob-east-1", {}, {}, "", "kinesisvideo-fips.us-isob-east-1.sc2s.sgov.gov"),
    ("eu-central-1", {"fips": True}, {}, "", "kinesisvideo-fips.eu-central-1.amazonaws.com"),
    ("eu-central-1", {"dual_stack": True}, {}, "", "kinesisvideo.eu-central-1.api.aws"),
    ("eu-central-1", {}, {"AWS_USE_DUALSTACK_ENDPOINT": "TruE"}, "", "kinesisvideo.eu-central-1.api.aws"),
    ("eu-central-1", {}, {}, "[default]\nuse_dualstack_endpoint = True\n", "kinesisvideo.eu-central-1.api.aws"),
    ("eu-central-1", {"dual_stack": False}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "",
     "kinesisvideo.eu-central-1.amazonaws.com"),
]
CONTROL = "vpce-0a-1b.kinesisvideo.eu-central-1.vpce.amazonaws.com"
DATA = "vpce-2c-3d.kinesisvideo.eu-central-1.vpce.amazonaws.com"


def own_address():
    """An IPv4 address of this machine that is not loopback; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


class EndpointsTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(2 * FPS, FPS, key_interval=FPS)

    def secured(self, *names, **settings):
        """kvs-local over TLS with a certificate for these names, which is trusted from now on."""
        authority = Authority(self.folder)
        certificate, key = authority.sign("service", *names)
        os.environ["KVSSINK_CA_CERT_PATH"] = authority.path
        return self.service("--tls", "--cert", certificate, "--key", key, **settings)

    def behind_proxy(self, *hosts, **proxy):
        service = self.secured(*(f"DNS:{host}" for host in hosts))
        return service, self.proxy(service, **proxy)

    def proxy(self, service, **settings):
        proxy = HttpProxy(service.port, **settings)
        self.addCleanup(proxy.stop)
        return proxy

    def play(self, service, name="cam", **properties):
        feed = Feed(service, name, **properties).play()
        self.addCleanup(feed.stop)
        return feed

    def streams(self, service, name="cam", **properties):
        feed = self.play(service, name, **properties)
        feed.push(self.units)
        feed.end()
        self.assertEqual(feed.stats()["frames-persisted"], len(self.units), feed.summary())
        return feed

    def fails(self, words, *arguments):
        """gst-launch-1.0 ends with an error that says this."""
        done = self.launch(*"videotestsrc num-buffers=25 ! x264enc ! kvssink".split(), *arguments)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, " ".join(done.stderr.split()))

    def calls(self, service, operation):
        return sum(f" {operation} -> " in f" {line}" for line in service.log().splitlines())

    # --- public names ---

    def test_public_names(self):
        service, proxy = self.behind_proxy(*{host for *_, host in PUBLIC})
        os.makedirs(os.path.join(self.folder, ".aws"))
        for index, (region, properties, variables, config, host) in enumerate(PUBLIC):
            with self.subTest(host=host, properties=properties, variables=variables, config=config):
                with open(os.path.join(self.folder, ".aws", "config"), "w", encoding="utf-8") as file:
                    file.write(config)
                os.environ.update(variables, AWS_DEFAULT_REGION=region)
                proxy.asked.clear()
                feed = self.streams(service, f"cam{index}", endpoint="", proxy=f"http://{proxy.address}", **properties)
                self.assertEqual(set(proxy.asked), {f"{host}:443"})
                self.assertEqual(feed.stats()["data-endpoint"], f"https://{host}")
                for variable in variables:
                    del os.environ[variable]

    def test_the_property_names_the_region_where_the_environment_does_not(self):
        service, proxy = self.behind_proxy("kinesisvideo.eu-north-1.amazonaws.com")
        del os.environ["AWS_DEFAULT_REGION"]
        self.streams(service, endpoint="", aws_region="eu-north-1", proxy=f"http://{proxy.address}")

    def test_vpc_endpoints(self):
        service, proxy = self.behind_proxy(CONTROL, DATA)
        self.streams(service, endpoint=f"https://{CONTROL}", data_endpoint=f"https://{DATA}",
                     proxy=f"http://{proxy.address}")
        self.assertEqual(set(proxy.asked), {f"{CONTROL}:443", f"{DATA}:443"})
        self.assertEqual(self.calls(service, "getDataEndpoint"), 0)

    def test_a_misspelt_region(self):
        os.environ["AWS_DEFAULT_REGION"] = "eu-cental-1"
        self.fails("'eu-cental-1' is not the name of an AWS region. Is eu-central-1 meant?")

    def test_a_region_that_nobody_knows_is_doubted_when_its_host_is_not_found(self):
        service = self.service()
        os.environ.update(AWS_DEFAULT_REGION="eu-central-9", https_proxy="http://127.0.0.1:1")
        feed = self.play(service, endpoint="")
        feed.push(self.units)
        feed.wait_for(lambda: feed.stats()["last-error"], "an attempt failed")
        self.assertIn("knows no AWS region 'eu-central-9'. Is eu-central-1 meant?", feed.stats()["last-error"])

    def test_an_endpoint_in_another_region(self):
        self.fails(f"property endpoint is in the region us-east-1, but requests are signed for {REGION}",
                   "endpoint=https://kinesisvideo.us-east-1.amazonaws.com")
        self.fails(f"property data-endpoint is in the region us-east-1, but requests are signed for {REGION}",
                   f"endpoint=https://{CONTROL}", "data-endpoint=https://s-1.kinesisvideo.us-east-1.amazonaws.com")

    # --- proxies ---

    def test_a_proxy_that_wants_a_password(self):
        service, proxy = self.behind_proxy(CONTROL, user="me@home", password="SECRET:WORD/")
        self.streams(service, endpoint=f"https://{CONTROL}",
                     proxy=f"http://me%40home:SECRET%3aWORD%2f@{proxy.address}")
        for head in proxy.heads:
            self.assertNotIn("AWS4", head)
            self.assertNotIn("amz", head)

    def test_a_proxy_that_refuses(self):
        service, proxy = self.behind_proxy(CONTROL, user="me", password="right")
        feed = self.play(service, endpoint=f"https://{CONTROL}", proxy=f"http://me:SECRETWORD@{proxy.address}")
        feed.push(self.units)
        feed.wait_for(lambda: "407" in feed.stats()["last-error"], "the proxy's refusal is told")
        self.assertIn("requires a valid user and password", feed.stats()["last-error"])
        self.assertNotIn("SECRETWORD", feed.summary())

    def test_a_proxy_that_is_no_address(self):
        self.fails("The proxy's address", "proxy=http://me:SECRETWORD@nowhere")

    def test_the_proxy_of_the_environment(self):
        service, proxy = self.behind_proxy(CONTROL)
        os.environ["https_proxy"] = f"http://{proxy.address}"
        self.streams(service, endpoint=f"https://{CONTROL}")
        self.assertTrue(proxy.asked)

    def test_hosts_that_no_proxy_stands_before(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        authority = Authority(self.folder)
        certificate, key = authority.sign("service", f"IP:{address}")
        service = self.service("--tls", "--cert", certificate, "--key", key, "--host", "0.0.0.0", "--allow-remote")
        os.environ.update(KVSSINK_CA_CERT_PATH=authority.path, https_proxy="http://127.0.0.1:1", no_proxy=address)
        self.streams(service, endpoint=f"https://{address}:{service.port}")

    def test_this_machine_is_reached_without_a_proxy(self):
        service = self.service()
        os.environ.update(http_proxy="http://127.0.0.1:1", https_proxy="http://127.0.0.1:1")
        self.streams(service, proxy="http://127.0.0.1:1")

    # --- addresses ---

    def test_bind_address(self):
        service, proxy = self.behind_proxy(CONTROL)
        self.streams(service, endpoint=f"https://{CONTROL}", proxy=f"http://{proxy.address}", bind_address="127.0.0.2")
        self.assertEqual(set(proxy.clients), {"127.0.0.2"})

    def test_address_family(self):
        if not socket.has_dualstack_ipv6():
            self.skipTest("this machine has no IPv6")
        service = self.service("--host", "::1")
        endpoint = f"http://localhost:{service.port}"
        os.environ["AWS_KVS_USE_IPV6"] = "TRUE"
        self.streams(service, endpoint=endpoint)
        del os.environ["AWS_KVS_USE_IPV6"]
        os.environ["AWS_KVS_USE_IPV4"] = "TRUE"
        feed = self.play(service, endpoint=endpoint)
        feed.push(self.units)
        feed.wait_for(lambda: feed.stats()["last-error"], "nobody is there by IPv4")

    def test_plain_http_to_another_machine(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        service = self.service("--host", "0.0.0.0", "--allow-remote")
        endpoint = f"http://{address}:{service.port}"
        self.fails("is plain http to another machine", f"endpoint={endpoint}")
        feed = self.streams(service, endpoint=endpoint, allow_insecure_endpoint=True)
        warnings = [str(warning) for warning in feed.warnings()]
        self.assertEqual(sum("allow-insecure-endpoint" in warning for warning in warnings), 1, warnings)

    # --- shared calls ---

    def test_a_pipeline_that_is_started_again_asks_for_nothing(self):
        service = self.service()
        self.streams(service)
        before = [self.calls(service, operation) for operation in ("describeStream", "getDataEndpoint")]
        self.streams(service)
        after = [self.calls(service, operation) for operation in ("describeStream", "getDataEndpoint")]
        self.assertEqual(before, after)


if __name__ == "__main__":
    case.main()
