# SPDX-License-Identifier: Apache-2.0
"""Requests to kvs-local as bytes, signed with its key (AWS Signature Version 4) or not, and sent as one likes."""
import hashlib
import hmac
import json
import socket
import time

from support.kvs_local import ACCESS_KEY, REGION, SECRET_KEY
from support.waiting import PATIENCE


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def authorization(path, headers, payload, access_key, secret_key):
    """The value of Authorization for a POST; every one of `headers` is signed."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    date = headers["x-amz-date"]
    scope = f"{date[:8]}/{REGION}/kinesisvideo/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/"):
        key = mac(key, part)
    return (f"AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},"
            f"Signature={mac(key, to_sign).hex()}")


def signed_head(path, extra=None, payload=b"", host="h", access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    """A request's head without its last empty line. With `extra` a length can be added behind what is signed."""
    headers = {"host": host, "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), **(extra or {})}
    headers["authorization"] = authorization(path, headers, payload, access_key, secret_key)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}".encode()


def call(path, body, **settings):
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return signed_head(path, payload=payload, **settings) + f"Content-Length: {len(payload)}\r\n\r\n".encode() + payload


def put_media(stream):
    """The head of a session, whose body comes in chunks."""
    headers = {"x-amzn-stream-name": stream, "x-amzn-fragment-timecode-type": "ABSOLUTE",
               "x-amzn-producer-start-timestamp": "1700000000.000"}
    return signed_head("/putMedia", headers) + b"Transfer-Encoding: chunked\r\n\r\n"


class Client:
    """One connection."""

    def __init__(self, port, wrap=None, buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", port))
        if wrap:
            self.socket = wrap(self.socket)
        self.text = b""

    def send(self, data):
        """False where the other side has ended."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def read_until(self, mark):
        """All that came up to and with `mark`; raises EOFError where the connection ended before."""
        while mark not in self.text:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self.text)
            self.text += data
        at = self.text.index(mark) + len(mark)
        found, self.text = self.text[:at], self.text[at:]
        return found

    def answer(self):
        """(status, body) of an answer with a length."""
        head = self.read_until(b"\r\n\r\n").decode()
        length = int(next(line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length")))
        while len(self.text) < length:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self.text)
            self.text += data
        body, self.text = self.text[:length], self.text[length:]
        return int(head.split()[1]), body.decode()

    def ended(self):
        """Waits until the other side has ended the connection; what it said before that."""
        said = self.text
        try:
            while data := self.socket.recv(65536):
                said += data
        except ConnectionResetError:
            pass
        self.close()
        return said.decode(errors="replace")

    def close(self):
        self.socket.close()
