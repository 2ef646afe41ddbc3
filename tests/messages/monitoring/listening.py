"""Whoever is told of alerts, on this machine: a chat's webhook, and a mail server."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Chat:
    """What a webhook was posted, and how it answers."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.answers: list[int] = []

    def answer(self) -> int:
        """The next of its answers; 200 when none is left."""
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def chat() -> Iterator[tuple[Chat, str]]:
    """A chat, and the address of its webhook."""
    there = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            there.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(there.answer())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield there, f"http://127.0.0.1:{server.server_port}/hooks/1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def mail_server(*, refuses: bool = False) -> Iterator[tuple[list[str], str]]:
    """A mail server without TLS: all that it is said, line by line, and its address."""
    said: list[str] = []

    def serve() -> None:
        line, _ = listening.accept()
        with line, line.makefile("rw", encoding="utf-8", newline="\r\n") as file:
            _converse(file, said, refuses)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield said, f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(5)


def _converse(file: Any, said: list[str], refuses: bool) -> None:
    def answer(words: str) -> None:
        file.write(f"{words}\r\n")
        file.flush()

    answer("220 here")
    in_words = False
    for line in file:
        text = line.rstrip("\r\n")
        said.append(text)
        if in_words:
            if text == ".":
                in_words = False
                answer("250 taken")
        elif text.upper().startswith("DATA"):
            in_words = True
            answer("354 go on")
        elif text.upper().startswith("QUIT"):
            answer("221 bye")
            return
        else:
            answer("550 no" if refuses and text.upper().startswith("RCPT") else "250 yes")
