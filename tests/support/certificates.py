# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for one test, and the certificates that it signs."""
import os
import subprocess

from support.waiting import PATIENCE

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """`path` is its certificate; all files are in `folder`."""

    def __init__(self, folder, name="authority"):
        self.folder = folder
        self.name = name
        self.path = os.path.join(folder, f"{name}.pem")
        self.openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                     self.path)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=PATIENCE, check=True)

    def sign(self, owner, *names, days=2):
        """Certificate and key of a server with these names ("DNS:a.example", "IP:127.0.0.1"), or of a client
        without any. Of negative `days` it has expired."""
        path = os.path.join(self.folder, owner)
        with open(f"{path}.ext", "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={','.join(names)}\n" if names else "basicConstraints=CA:FALSE\n")
        self.openssl("req", *NEW_KEY, "-subj", f"/CN={owner}", "-keyout", f"{path}.key", "-out", f"{path}.csr")
        self.openssl("x509", "-req", "-in", f"{path}.csr", "-CA", self.path, "-CAkey", f"{self.name}.key",
                     "-CAcreateserial", "-days", str(days), "-extfile", f"{path}.ext", "-out", f"{path}.pem")
        return f"{path}.pem", f"{path}.key"
