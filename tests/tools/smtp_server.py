#!/usr/bin/env python3
"""A real mail server for the tests (aiosmtpd): takes mails and puts each into a folder as it came.
Use: smtp_server.py FOLDER; prints the port it listens on. Mails to addresses that begin with "nobody" are refused for good,
those to "later" for now."""
import asyncio
import pathlib
import sys
import time

from aiosmtpd.controller import Controller


class Keep:
    def __init__(self, folder):
        self.folder, self.count = pathlib.Path(folder), 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}>: no such user"
        if address.startswith("later"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        part = self.folder / f"{self.count:03}.part"
        part.write_bytes(envelope.content)
        part.rename(part.with_suffix(".eml"))
        return "250 kept"


controller = Controller(Keep(sys.argv[1]), hostname="127.0.0.1", port=0)
# Port 0: the controller cannot ask itself whether it is up, so the server is made here.
loop = asyncio.new_event_loop()
server = loop.run_until_complete(loop.create_server(controller.factory, "127.0.0.1", 0))
print(server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
