"""A mailbox over real sockets: what is in it, what was asked of it, and faults by script, each of one command."""

import re
import socketserver
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from tests.fakes import Serving

CAPABILITIES = "IMAP4rev1"
FETCH = re.compile(rb"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)")


@dataclass
class FakeMailbox:
    """Mails by their number. A fault names the command at which it is played: `login:no`, `fetch:drop`."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    password: str = "p@ss word"
    folder: str = "INBOX"
    script: deque[str] = field(default_factory=deque)
    verbs: list[str] = field(default_factory=list)

    def put(self, raw: bytes) -> int:
        """A mail comes in; its number."""
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = raw
        return uid


class ImapHandler(socketserver.StreamRequestHandler):
    """One connection."""

    mailbox: FakeMailbox

    def handle(self) -> None:
        with suppress(OSError):
            self._say("* OK here")
            while line := self.rfile.readline():
                if not self._answer(line.rstrip()):
                    return

    def _answer(self, line: bytes) -> bool:
        """Whether the conversation goes on."""
        tag, _, command = line.partition(b" ")
        verb = command.removeprefix(b"UID ").split(b" ")[0].decode().lower()
        self.mailbox.verbs.append(verb)
        fault = ""
        if self.mailbox.script and self.mailbox.script[0].startswith(f"{verb}:"):
            fault = self.mailbox.script.popleft().partition(":")[2]
        if fault == "drop":
            return False
        if fault == "no":
            self._say(f"{tag.decode()} NO not now")
            return True
        answered = getattr(self, f"_{verb}", lambda _: True)(command)
        self._say(f"{tag.decode()} {'OK' if answered else 'NO'} done")
        return verb != "logout"

    def _capability(self, _: bytes) -> bool:
        self._say(f"* CAPABILITY {CAPABILITIES}")
        return True

    def _login(self, command: bytes) -> bool:
        return command == f'LOGIN svar@hospital.example "{self.mailbox.password}"'.encode()

    def _examine(self, command: bytes) -> bool:
        self._say(f"* {len(self.mailbox.mails)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.mailbox.validity}] numbered")
        return command == f'EXAMINE "{self.mailbox.folder}"'.encode()

    def _search(self, command: bytes) -> bool:
        """As RFC 3501 has it: `N:*` holds the last mail, also where its number is less than N."""
        first, last = int(command.split()[-1].partition(b":")[0]), max(self.mailbox.mails, default=0)
        uids = [uid for uid in sorted(self.mailbox.mails) if min(first, last) <= uid]
        self._say("* SEARCH " + " ".join(map(str, uids)))
        return True

    def _fetch(self, command: bytes) -> bool:
        request = FETCH.search(command)
        assert request, command
        uid, most = int(request[1]), int(request[2])
        if uid in self.mailbox.mails:
            raw = self.mailbox.mails[uid][:most]
            self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        return True

    def _logout(self, _: bytes) -> bool:
        self._say("* BYE")
        return True

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class _QuietImap(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True


class ImapServer(Serving):
    """The fake at an address, in threads of its own."""

    def __init__(self) -> None:
        self.mailbox = FakeMailbox()
        bound = type("BoundImap", (ImapHandler,), {"mailbox": self.mailbox})
        super().__init__("imap", _QuietImap(("127.0.0.1", 0), bound))

    @property
    def url(self) -> str:
        """As a setting names it."""
        return self.address.replace("imap://", "imap://svar%40hospital.example:p%40ss%20word@")
