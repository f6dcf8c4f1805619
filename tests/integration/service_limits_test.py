# SPDX-License-Identifier: Apache-2.0
"""Clients that mean no good, and clients that name no port: raw bytes against a kvs-local."""
import json
import select
import ssl
import threading

from support import case, signer
from support.waiting import wait_until

EMPTY_HEAD = b"POST /describeStream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


class ServiceLimitsTest(case.IntegrationTest):
    def client(self, service, **settings):
        client = signer.Client(service.port, **settings)
        self.addCleanup(client.close)
        return client

    def ask(self, service, path, body, **settings):
        client = self.client(service)
        client.send(signer.call(path, body, **settings))
        return client.answer()

    def create(self, service, *streams):
        for stream in streams:
            status, text = self.ask(service, "/createStream", {"StreamName": stream, "DataRetentionInHours": 1})
            self.assertEqual(status, 200, text)

    def session(self, service, stream):
        client = self.client(service)
        client.send(signer.put_media(stream))
        self.assertIn(b"HTTP/1.1 200", client.read_until(b"\r\n\r\n"))
        return client

    def is_alive(self, service):
        return self.client(service).send(b"GET /ping HTTP/1.1\r\n\r\n") and service.process.poll() is None

    # ---- what a cut does

    def test_an_empty_chunked_body_in_three_writes_is_answered(self):
        service = self.service()
        client = self.client(service)
        for piece in (EMPTY_HEAD, b"0\r\n", b"\r", b"\n"):
            client.socket.setsockopt(6, 1, 1)  # TCP_NODELAY
            client.send(piece)
            # The service has read a piece when it answers another connection behind it.
            self.assertEqual(self.ask(service, "/listStreams", {})[0], 200)
        self.assertEqual(client.answer()[0], 403)

    def test_deep_json_that_is_signed_is_refused(self):
        service = self.service()
        deep = b"[" * 100_000 + b"]" * 100_000
        for field in (b"StreamNameCondition", b"Tags", b"x"):
            status, text = self.ask(service, "/listStreams", b'{"' + field + b'":' + deep + b"}")
            self.assertEqual((status, json.loads(text)["__type"]), (400, "SerializationException"))
        self.assertTrue(self.is_alive(service))

    # ---- time

    def test_a_request_that_does_not_end_is_ended(self):
        service = self.service("--request-seconds", "1")
        endless = b"400\r\n" + b"x" * 1024 + b"\r\n"
        bodies = [
            EMPTY_HEAD,
            b"POST /nothing HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n",
            b"GET /ping HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            signer.signed_head("/listStreams") + b"Transfer-Encoding: chunked\r\n\r\n",
        ]
        clients = [self.client(service) for _ in bodies]
        for client, body in zip(clients, bodies):
            client.send(body)
        for client in clients:
            self.assertIn("408 ", client.ended())
        # Also where bytes never stop to come.
        flowing = self.client(service)
        flowing.send(EMPTY_HEAD)
        wait_until(lambda: not flowing.send(endless), "the connection is ended under what flows", interval=0.001)

    def test_a_head_that_comes_byte_by_byte_is_ended(self):
        service = self.service("--request-seconds", "1")
        client = self.client(service)
        client.send(b"GET / HTTP/1.1\r\nX: ")
        wait_until(lambda: not client.send(b"x"), "the slow head is ended", interval=0.05)

    def test_a_signed_session_outlives_the_time_of_a_request(self):
        service = self.service("--request-seconds", "1", "--idle-seconds", "3")
        self.create(service, "cam")
        session = self.session(service, "cam")
        self.assertIn(b"IDLE", session.read_until(b"}"))  # after three seconds
        session.send(b"0\r\n\r\n")
        session.read_until(b"0\r\n\r\n")

    def test_answers_that_nobody_reads_hold_the_next_request_back(self):
        service = self.service()
        client = self.client(service, buffer=65536)
        # Its answer names the path: as many bytes come back.
        request, count = b"GET /" + b"x" * 30_000 + b" HTTP/1.1\r\n\r\n", 400
        rest = memoryview(request * count)
        # As much as the service takes from a client that does not read.
        while rest and select.select([], [client.socket], [], 1)[1]:
            rest = rest[client.socket.send(rest[:65536]) :]
        sender = threading.Thread(target=client.send, args=(rest,), daemon=True)
        sender.start()
        for _ in range(count):
            self.assertEqual(client.answer()[0], 404)
        sender.join()

    # ---- room

    def test_connections_are_bounded_and_a_signed_session_stays(self):
        service = self.service("--max-connections", "6")
        self.create(service, "a", "b")
        sessions = [self.session(service, stream) for stream in ("a", "b")]
        idle = self.client(service)
        half = self.client(service)
        half.send(b"GET / HTTP/1.1\r\nX: y")
        crowd = []

        def makes_room(leaving):
            crowd.append(self.client(service))
            crowd[-1].send(EMPTY_HEAD)
            return select.select([leaving.socket], [], [], 0)[0]

        # One of the crowd of which nothing has been read yet goes before those of which something has.
        for client in (idle, half):
            wait_until(lambda leaving=client: makes_room(leaving), "the crowd takes its place")
            self.assertEqual(client.ended(), "")
        # Who comes as long as the crowd is there is heard, and the sessions go on.
        self.assertEqual(self.ask(service, "/listStreams", {})[0], 200)
        for session in sessions:
            session.send(b"0\r\n\r\n")
            session.read_until(b"0\r\n\r\n")

    def test_where_all_are_signed_sessions_the_new_one_is_refused(self):
        service = self.service("--max-connections", "2")
        self.create(service, "a", "b")
        sessions = [self.session(service, stream) for stream in ("a", "b")]
        try:
            late = self.client(service)
            late.send(EMPTY_HEAD)
            self.assertEqual(late.ended(), "")
        except ConnectionError:
            pass  # it was refused while it was still connecting, or sending
        for session in sessions:
            session.send(b"0\r\n\r\n")
            session.read_until(b"0\r\n\r\n")

    # ---- what a session may hold

    def test_tags_without_end_before_a_cluster_are_4009(self):
        service = self.service()
        self.create(service, "cam")
        session = self.session(service, "cam")
        ebml = bytes.fromhex("1A45DFA38B 4282 88") + b"matroska"
        segment = bytes.fromhex("18538067 01FFFFFFFFFFFFFF 1549A966 80")
        entry = bytes.fromhex("D78101 838101 8681") + b"V"
        tracks = bytes.fromhex("1654AE6B") + bytes([0x82 + len(entry), 0xAE, 0x80 + len(entry)]) + entry
        tags = bytes.fromhex("1254C367 1003E418")  # the head of 255,000 bytes
        body = ebml + segment + tracks + tags
        session.send(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        self.assertIn(b'"ErrorId":4009', session.read_until(b"0\r\n\r\n"))

    # ---- where the data go

    def endpoint(self, service, host, **settings):
        client = self.client(service, **settings)
        client.send(signer.call("/getDataEndpoint", {"StreamName": "cam", "APIName": "PUT_MEDIA"}, host=host))
        status, text = client.answer()
        self.assertEqual(status, 200, text)
        return json.loads(text)["DataEndpoint"]

    def test_a_host_without_a_port_is_answered_with_the_port_that_was_connected_to(self):
        service = self.service()
        self.create(service, "cam")
        port = service.port
        self.assertEqual(self.endpoint(service, "127.0.0.1"), f"http://127.0.0.1:{port}")
        self.assertEqual(self.endpoint(service, "kvs_local"), f"http://kvs_local:{port}")
        self.assertEqual(self.endpoint(service, "[::1]"), f"http://[::1]:{port}")
        self.assertEqual(self.endpoint(service, "localhost:9000"), "http://localhost:9000")

    def test_without_a_host_it_is_the_address_of_the_connection(self):
        service = self.service("--no-auth")
        self.create(service, "cam")
        client = self.client(service)
        body = b'{"StreamName":"cam","APIName":"PUT_MEDIA"}'
        client.send(b"POST /getDataEndpoint HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.assertEqual(json.loads(client.answer()[1]), {"DataEndpoint": f"http://127.0.0.1:{service.port}"})

    def test_over_tls_too(self):
        service = self.service("--tls")
        said = wait_until(lambda: [line for line in service.lines if "certificate" in line], "it says its certificate")
        context = ssl.create_default_context(cafile=said[0].split()[-1])

        def wrap(plain):
            return context.wrap_socket(plain, server_hostname="localhost")

        client = self.client(service, wrap=wrap)
        client.send(signer.call("/createStream", {"StreamName": "cam"}))
        self.assertEqual(client.answer()[0], 200)
        self.assertEqual(self.endpoint(service, "localhost", wrap=wrap), f"https://localhost:{service.port}")

    def test_a_public_url_is_answered_whatever_the_host(self):
        service = self.service("--public-url", "http://edge.example:9000")
        self.create(service, "cam")
        for host in ("127.0.0.1", f"localhost:{service.port}"):
            self.assertEqual(self.endpoint(service, host), "http://edge.example:9000")


if __name__ == "__main__":
    case.main()
