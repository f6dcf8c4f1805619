# SPDX-License-Identifier: Apache-2.0
"""Stands in front of a service and now and then answers for it, with whatever bytes the test wants."""
import socket
import threading

from support.waiting import PATIENCE

PIECE = 64 * 1024


class OddFront:
    def __init__(self, service):
        self.target = tuple(service.url.partition("://")[2].rpartition(":")[::2])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.odd = []  # (part of a request's first line, what it is answered), each for one connection
        self.sockets = [self.listener]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def stop(self):
        with self.lock:
            for each in self.sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it is closed already
        self.acceptor.join(PATIENCE)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.sockets.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def answer_for(self, head):
        first_line = head.partition(b"\r\n")[0]
        with self.lock:
            for odd in self.odd:
                if odd[0].encode() in first_line:
                    self.odd.remove(odd)
                    return odd[1]
        return None

    def serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(PIECE)
                if not piece:
                    return
                head += piece
            odd = self.answer_for(head)
            if odd is None:
                return self.lead(client, head)
            client.sendall(odd)
            client.shutdown(socket.SHUT_WR)
            while client.recv(PIECE):  # so that the answer is not lost by a reset
                pass

    def lead(self, client, head):
        with socket.create_connection((self.target[0], int(self.target[1]))) as service:
            with self.lock:
                self.sockets.append(service)
            service.sendall(head)
            back = threading.Thread(target=self.copy, args=(service, client), daemon=True)
            back.start()
            self.copy(client, service)
            back.join()

    @staticmethod
    def copy(source, sink):
        try:
            while piece := source.recv(PIECE):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the one who reads sees it as well
