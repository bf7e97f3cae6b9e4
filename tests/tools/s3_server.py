#!/usr/bin/env python3
"""A server that speaks as S3 does for the tests (moto), with the empty buckets "studio" and "second".
Use: s3_server.py; prints "port N" and runs until its input ends."""
import logging
import os
import sys

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
for bucket in ("studio", "second"):
    client.create_bucket(Bucket=bucket)
print(f"port {port}", flush=True)
sys.stdin.read()
