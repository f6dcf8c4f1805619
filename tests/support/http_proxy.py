# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy that takes CONNECT and leads every host to one port of this machine: what has a public name
can be tried without a network."""
import base64
import socket
import threading


class HttpProxy:
    """`asked` has the hosts that were asked for ("host:port"), `heads` all that was sent before the tunnels,
    `clients` the addresses that connections came from."""

    def __init__(self, port, user=None, password=None):
        self.port = port
        self.wanted = None
        if user is not None:
            self.wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked, self.heads, self.clients = [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the peer was quicker
            each.close()

    def accept(self):
        while True:
            try:
                client, (address, _) = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            self.clients.append(address)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            head = self.read_head(client)
            if head is None:
                return
            self.heads.append(head)
            lines = head.split("\r\n")
            method, host, _ = lines[0].split(" ")
            sent = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            if self.wanted and sent.get("Proxy-Authorization") != self.wanted:
                client.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
            elif method == "CONNECT":
                self.asked.append(host)
                self.join(client)
            else:
                client.sendall(b"HTTP/1.1 405 CONNECT only\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass  # a peer that went
        finally:
            client.close()

    @staticmethod
    def read_head(client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                return None
            head += byte
        return head.decode("latin-1")

    def join(self, client):
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            self.sockets.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(server, client), daemon=True)
            back.start()
            self.copy(client, server)
            back.join()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one end went: the other copy ends, too
