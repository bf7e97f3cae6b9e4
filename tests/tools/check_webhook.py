"""The Standard Webhooks library of somebody else, reading what was sent.

Usage: check_webhook.py < messages.json, {"secret": ..., "messages": [{"headers": {...}, "body": ...}]}. Prints one JSON object:
the types read, and what the library says of each message with one character changed.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
read, altered = [], []
for message in given["messages"]:
    read.append(webhook.verify(message["body"], message["headers"])["type"])
    try:
        webhook.verify(message["body"].replace("visit", "Visit", 1), message["headers"])
        altered.append("taken")
    except WebhookVerificationError:
        altered.append("refused")
print(json.dumps({"read": read, "altered": altered}))
