# SPDX-License-Identifier: Apache-2.0
"""The environment that producers run in: nothing of the user's own AWS settings, kvs-local's key."""
import os

from support.kvs_local import ACCESS_KEY, REGION, SECRET_KEY

FOREIGN = ("AWS_", "KVS", "GST_DEBUG", "CONTROL_PLANE_URI", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
           "all_proxy", "ALL_PROXY", "SSL_CERT_")
OURS = ("KVS_LOCAL", "KVS_FAKE_", "KVS_EXAMPLES", "KVS_TEST_")


def clean(home):
    """The environment without any credentials, with `home` as HOME."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(FOREIGN) or name.startswith(OURS)}
    return {**kept, "HOME": home, "AWS_EC2_METADATA_DISABLED": "true", "LC_ALL": "C.UTF-8"}


def with_key(home, access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    return {**clean(home), "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": REGION}


def adopt(environment):
    """Makes it this process's own, so that pipelines made here see it."""
    os.environ.clear()
    os.environ.update(environment)
