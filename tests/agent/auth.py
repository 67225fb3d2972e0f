#!/usr/bin/python3
"""Answers Postfix in the words of Dovecot's auth service, on a socket: every password is right but `wrong`.

Usage: auth.py SOCKET
"""

import base64
import os
import socketserver
import sys

HELLO = (
    b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n"
    b"COOKIE\t00112233445566778899aabbccddeeff\nDONE\n"
)


class Auth(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(HELLO)
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] != "AUTH":
                continue
            answer = next(w[5:] for w in words if w.startswith("resp="))
            _, user, password = base64.b64decode(answer).decode().split("\0")
            verdict = "FAIL" if password == "wrong" else "OK"
            self.wfile.write(f"{verdict}\t{words[1]}\tuser={user}\n".encode())


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


with Server(sys.argv[1], Auth) as server:
    os.chmod(sys.argv[1], 0o666)
    server.serve_forever()
