#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors/sigv4/*.json: requests as kvssink makes them, signed by botocore.

botocore (Debian's python3-botocore) is the judge of our SigV4: every vector holds its canonical
request, string to sign and signature, so that a test can say which step went wrong. The keys are
made up. Run it without arguments after changing a case; the vectors are kept in the repository.
"""

import json
import pathlib

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OUT = pathlib.Path(__file__).parent / "sigv4"
ACCESS_KEY = "AKIAMADEUPFORTESTS00"
SECRET_KEY = "made/up+Secret/Key0123456789abcdefghIJKL"
SESSION_TOKEN = "made/up+token==" + "0123456789abcdef" * 20
CONTROL = "https://kinesisvideo.us-west-2.amazonaws.com"
DATA = "https://s-0a1b2c3d.kinesisvideo.us-west-2.amazonaws.com"
JSON_HEADERS = [["content-type", "application/json"], ["user-agent", "kvssink/0.1 GStreamer/1.22"]]


def body(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def put_media(name="camera-1", start="1700000000.007", timecodes="ABSOLUTE", acks="1"):
    return [
        ["user-agent", "kvssink/0.1 GStreamer/1.22"],
        ["x-amzn-stream-name", name],
        ["x-amzn-fragment-timecode-type", timecodes],
        ["x-amzn-producer-start-timestamp", start],
        ["x-amzn-fragment-acknowledgment-required", acks],
    ]


def case(name, url, headers, text="", token="", region="us-west-2", service="kinesisvideo",
         amz_date="20260130T235959Z", method="POST"):
    return dict(name=name, method=method, url=url, headers=headers, body=text, sessionToken=token,
                region=region, service=service, amzDate=amz_date)


CASES = [
    case("describeStream", CONTROL + "/describeStream", JSON_HEADERS, body({"StreamName": "camera-1"})),
    case("createStream", CONTROL + "/createStream", JSON_HEADERS,
         body({"DataRetentionInHours": 2, "MediaType": "video/h264,audio/aac", "StreamName": "camera-1"})),
    case("tagStream", CONTROL + "/tagStream", JSON_HEADERS,
         body({"StreamARN": "arn:aws:kinesisvideo:us-west-2:123456789012:stream/camera-1/1700000000000",
               "Tags": {"site": "north gate", "floor": "2"}})),
    case("tagStream_utf8", CONTROL + "/tagStream", JSON_HEADERS,
         body({"StreamName": "camera-1", "Tags": {"Stra\u00dfe": "K\u00f6nigsallee \u2014 \u6771\u4eac \U0001f4f7"}})),
    case("getDataEndpoint", CONTROL + "/getDataEndpoint", JSON_HEADERS,
         body({"APIName": "PUT_MEDIA", "StreamName": "camera-1"})),
    case("getDataEndpoint_session_token", CONTROL + "/getDataEndpoint", JSON_HEADERS,
         body({"APIName": "PUT_MEDIA", "StreamName": "camera-1"}), token=SESSION_TOKEN),
    case("putMedia", DATA + "/putMedia", put_media()),
    case("putMedia_session_token", DATA + "/putMedia", put_media(), token=SESSION_TOKEN),
    case("putMedia_relative_without_acks", DATA + "/putMedia",
         put_media(start="0.000", timecodes="RELATIVE", acks="0"), amz_date="19700101T000000Z"),
    case("putMedia_local_port", "http://127.0.0.1:8443/putMedia", put_media()),
    case("putMedia_ipv6", "http://[::1]:8080/putMedia", put_media()),
    case("default_port_named", "https://kinesisvideo.eu-central-1.amazonaws.com:443/describeStream", JSON_HEADERS,
         body({"StreamName": "camera-1"}), region="eu-central-1"),
    case("odd_port_china", "https://kinesisvideo.cn-north-1.amazonaws.com.cn:8443/describeStream", JSON_HEADERS,
         body({"StreamName": "camera-1"}), region="cn-north-1", amz_date="20240229T120000Z"),
    case("upper_case_host", "https://KinesisVideo.US-West-2.amazonaws.com/describeStream", JSON_HEADERS,
         body({"StreamName": "camera-1"})),
    case("header_values_with_blanks", DATA + "/putMedia",
         put_media() + [["x-amzn-note", "  two   words\t and  three  "], ["X-Amzn-Upper-Name", "Value"]]),
    case("escaped_path", CONTROL + "/a%20b/c~d.e_f-g/%E2%82%AC", JSON_HEADERS, "{}"),
    case("query", "https://sts.us-east-1.amazonaws.com/?Version=2011-06-15&Action=GetCallerIdentity&Empty=",
         [["content-type", "application/x-www-form-urlencoded"]], region="us-east-1", service="sts", method="GET"),
]


def sign(spec):
    request = AWSRequest(method=spec["method"], url=spec["url"], data=spec["body"].encode() or None)
    for name, value in spec["headers"]:
        request.headers[name] = value
    request.context["timestamp"] = spec["amzDate"]
    credentials = Credentials(ACCESS_KEY, SECRET_KEY, spec["sessionToken"] or None)
    auth = SigV4Auth(credentials, spec["service"], spec["region"])
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    text = auth.string_to_sign(request, canonical)
    signature = auth.signature(text, request)
    auth._inject_signature_to_request(request, signature)
    return dict(spec, accessKey=ACCESS_KEY, secretKey=SECRET_KEY, canonicalRequest=canonical, stringToSign=text,
                signature=signature, authorization=request.headers["Authorization"])


def main():
    OUT.mkdir(exist_ok=True)
    for spec in CASES:
        vector = json.dumps(sign(spec), indent=2, ensure_ascii=False, sort_keys=True)
        (OUT / (spec["name"] + ".json")).write_text(vector + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
