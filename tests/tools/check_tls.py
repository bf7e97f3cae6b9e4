"""A foreign client of a server with a local authority: takes its certificate from the page, as a device does, and trusts it.

Usage: check_tls.py PORT. Prints one JSON object of what it found.
"""

import hashlib
import http.client
import json
import socket
import ssl
import sys

port = int(sys.argv[1])


def get(path, context, name="localhost"):
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(tls)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def refused(context, name):
    try:
        get("/healthz", context, name)
        return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


blind = ssl.create_default_context()
blind.check_hostname = False
blind.verify_mode = ssl.CERT_NONE
status, headers, authority = get("/trust/hairline-authority.crt", blind)
page = get("/trust", blind)[2].decode()
trusting = ssl.create_default_context(cadata=authority)
trusting.verify_flags |= ssl.VERIFY_X509_STRICT

plain = http.client.HTTPConnection("127.0.0.1", port)
plain.request("GET", "/studios?near=Leeds")
moved = plain.getresponse()

digest = hashlib.sha256(authority).hexdigest().upper()
fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
status, headers, body = get("/healthz", trusting)
sign_in = get("/staff/sign-in", trusting)[2].decode()
print(json.dumps({
    "fingerprint": fingerprint,
    "on_page": fingerprint in page,
    "trusted": [status, body.decode()],
    "by_address": get("/healthz", trusting, "127.0.0.1")[0],
    "hsts": headers.get("Strict-Transport-Security"),
    "other_name": refused(trusting, "studio.example"),
    "not_installed": refused(ssl.create_default_context(), "localhost"),
    "plain": [moved.status, moved.headers["Location"]],
    "sign_in_leads_to_trust": 'href="/trust"' in sign_in,
}))
