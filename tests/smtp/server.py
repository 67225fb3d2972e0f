#!/usr/bin/python3
"""A real SMTP server for tests: keeps what it takes in a Maildir, and misbehaves on request.

Usage: server.py MAILDIR [--tls none|starttls|implicit] [--cert PEM --key PEM] [--user NAME --password WORD]

Listens on a free port of 127.0.0.1 and prints `port <n>` once it does. It ends with its standard input, so it cannot
outlive the test that started it. A line on standard input changes how it answers from then on:

    ok                 takes every message
    reply <stage> <line>   answers <line> (451 ..., 550 ...) at stage `mail`, `rcpt` or `data`
    hang <stage>       answers nothing more at that stage

Each line is acknowledged with `done`. Each message taken is told on standard output as `taken <JSON>`: what was said,
decoded, and on which connection, by number.
"""

import argparse
import asyncio
import email
import email.policy
import itertools
import json
import mailbox
import ssl
import sys

try:
    from aiosmtpd.smtp import AuthResult, SMTP
except ImportError:
    print("missing", flush=True)
    sys.exit(3)


def body(mail, kind):
    part = mail.get_body((kind,))
    return part.get_content() if part else ""


class Box:
    """Answers as told, and keeps what was taken."""

    def __init__(self, path):
        self.maildir = mailbox.Maildir(path, create=True)
        self.script = {}

    async def _answer(self, stage, default):
        line = self.script.get(stage)
        if line == "hang":
            await asyncio.sleep(3600)
        return line or default

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return await self._answer("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return await self._answer("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):
        answer = await self._answer("data", None)
        if answer:
            return answer
        name = self.maildir.add(envelope.content)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "connection": server.number,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data.login.decode() if session.authenticated else None,
            "from": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "headers": {key.lower(): str(value) for key, value in mail.items()},
            "subject": str(mail["subject"]),
            "text": body(mail, "plain"),
            "html": body(mail, "html"),
        }
        print("taken", json.dumps(told), flush=True)
        return f"250 2.0.0 Ok: queued as {name.split('.')[-2][:20]}"


async def serve(options):
    box = Box(options.maildir)
    context = None
    if options.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)

    def authenticate(server, session, envelope, mechanism, data):
        right = data.login.decode() == options.user and data.password.decode() == options.password
        return AuthResult(success=right, auth_data=data, handled=right)

    numbers = itertools.count(1)

    def connection():
        smtp = SMTP(
            box,
            hostname="mail.test",
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            auth_required=bool(options.user),
            # Under implicit TLS the library does not see that the connection is encrypted.
            auth_require_tls=options.tls == "starttls",
            authenticator=authenticate if options.user else None,
            loop=asyncio.get_running_loop(),
        )
        smtp.number = next(numbers)
        return smtp

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        connection, "127.0.0.1", 0, ssl=context if options.tls == "implicit" else None
    )
    print("port", listener.sockets[0].getsockname()[1], flush=True)

    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode():
        word, _, rest = line.strip().partition(" ")
        stage, _, reply = rest.partition(" ")
        if word == "ok":
            box.script.clear()
        elif word == "hang":
            box.script[stage] = "hang"
        elif word == "reply":
            box.script[stage] = reply
        print("done", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("maildir")
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
