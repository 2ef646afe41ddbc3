"""A mail server over real sockets: what it took, and faults by script, each of one mail.

Without a fault a mail is taken: from here on it arrives. What the log holds is the truth about what arrived.
"""

import socket
import socketserver
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from tests.fakes import Serving


@dataclass
class FakeSmtp:
    """The server's state. A fault names the command at which it is played: `rcpt:550 5.1.1 no such user`."""

    script: deque[str] = field(default_factory=deque)
    took: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    delay: float = 0.0
    """Seconds from taking a mail to saying so; whoever sent it may be gone by then."""

    def times(self) -> Counter[str]:
        """By Message-ID, how often a mail was taken."""
        return Counter(str(mail["Message-ID"]) for mail in self.took)

    def take(self, raw: bytes, envelope: tuple[str, str]) -> None:
        """From here on it arrives."""
        self.took.append(message_from_bytes(raw, policy=default))
        self.envelopes.append(envelope)


class SmtpHandler(socketserver.StreamRequestHandler):
    """One connection."""

    smtp: FakeSmtp

    def handle(self) -> None:
        with suppress(OSError):
            self._converse()

    def _converse(self) -> None:
        self.smtp.connections += 1
        at, _, fault = (self.smtp.script.popleft() if self.smtp.script else "").partition(":")
        sender = recipient = ""
        self._say("220 here")
        while line := self.rfile.readline():
            verb, words = line[:4].upper().strip(), line.decode().strip()
            if at == verb.decode().lower() and fault != "after":
                self._say(fault)
                continue
            if verb == b"DATA":
                self._data((sender, recipient), fault if at == "words" else "")
                return
            if verb == b"MAIL":
                sender = words.partition("<")[2].partition(">")[0]
            if verb == b"RCPT":
                recipient = words.partition("<")[2].partition(">")[0]
            self._say("221 bye" if verb == b"QUIT" else "250 yes")

    def _data(self, envelope: tuple[str, str], fault: str) -> None:
        """`drop-before` and `drop-after` break the line once the words are there; anything else is the answer."""
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) and line != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        refused = fault[:1] in ("4", "5")
        if not refused and fault != "drop-before":
            self.smtp.take(b"".join(lines), envelope)
        time.sleep(self.smtp.delay)
        if fault.startswith("drop"):
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._say(fault or "250 taken")
        while line := self.rfile.readline():
            self._say("221 bye")
            if line.upper().startswith(b"QUIT"):
                return

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _QuietSmtp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken line is what some tests are about."""


class SmtpServer(Serving):
    """The fake at an address, in threads of its own."""

    def __init__(self) -> None:
        self.smtp = FakeSmtp()
        super().__init__("smtp", _QuietSmtp(("127.0.0.1", 0), type("BoundSmtp", (SmtpHandler,), {"smtp": self.smtp})))
