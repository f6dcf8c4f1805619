# SPDX-License-Identifier: Apache-2.0
"""A server that gives the same credentials to all who ask, as containers, instances, STS and AWS IoT do, so
that a test knows every secret there is."""
import http.server
import json
import ssl
import threading

from support.kvs_local import ACCESS_KEY, SECRET_KEY

SESSION_TOKEN = "SessionTokenSECRETWORD+/of/this/test=="
METADATA_TOKEN = "MetadataTokenSECRETWORD"
EXPIRATION = "2100-01-01T00:00:00Z"
ROLE = "cam-role"


def answer_of(path, body):
    """The text for a request."""
    if path == "/latest/api/token":
        return METADATA_TOKEN
    if path == "/latest/meta-data/iam/security-credentials/":
        return ROLE
    if path.startswith("/role-aliases/"):
        return json.dumps({"credentials": {"accessKeyId": ACCESS_KEY, "secretAccessKey": SECRET_KEY,
                                           "sessionToken": SESSION_TOKEN, "expiration": EXPIRATION}})
    if "Action=AssumeRole" in body:
        return (f"<R><Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId><SecretAccessKey>{SECRET_KEY}"
                f"</SecretAccessKey><SessionToken>{SESSION_TOKEN}</SessionToken><Expiration>{EXPIRATION}"
                "</Expiration></Credentials></R>")
    return json.dumps({"Code": "Success", "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY,
                       "Token": SESSION_TOKEN, "Expiration": EXPIRATION})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        text = self.server.text or answer_of(self.path, body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST = serve

    def log_message(self, *arguments):
        pass


class CredentialGiver:
    """`text`: what is answered instead of credentials. `tls`: certificate and key, which make it https."""

    def __init__(self, text=None, tls=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.text = text
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
