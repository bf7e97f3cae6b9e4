"""A foreign client of a server whose certificate comes from files: knows who vouched for it, as browsers know public authorities.

Usage: ask_tls.py PORT AUTHORITY.pem. Prints one JSON object of what it found.
"""

import http.client
import json
import socket
import ssl
import sys
import warnings

port, authority = int(sys.argv[1]), sys.argv[2]


def get(path, context, name):
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
        shown = tls.getpeercert(binary_form=True)
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(tls)
        answer.begin()
        return answer.status, answer.headers, answer.read(), shown


def refused(context, name):
    try:
        get("/healthz", context, name)
        return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def speaks_old():
    old = ssl.create_default_context(cafile=authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        get("/healthz", old, "studio.example")
        return True
    except (ssl.SSLError, ConnectionError):
        return False


knowing = ssl.create_default_context(cafile=authority)
status, headers, body, shown = get("/healthz", knowing, "studio.example")
der = ssl.PEM_cert_to_DER_cert(open(authority).read())
print(json.dumps({
    "trusted": [status, body.decode()],
    "same": shown == der,
    "hsts": headers.get("Strict-Transport-Security"),
    "other_name": refused(knowing, "other.example"),
    "not_trusted": refused(ssl.create_default_context(), "studio.example"),
    "old": speaks_old(),
}))
