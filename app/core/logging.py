"""What the logs look like, and what never stands in them: links, numbers, addresses of people.

The last net, not the first: nothing should log such a thing. It holds for every logger and also for tracebacks and
for the servers that write the address of a request.
"""

import logging
import re
import sys
import time

HIDDEN = (
    (re.compile(r"/a/[A-Za-z0-9_-]{8,}"), "/a/(link)"),
    (re.compile(r"(?<![\w-])(?!(?:SM|MM|AC)[0-9a-f]{32})[A-Za-z0-9_-]{34}(?![\w-])"), "(link)"),
    (re.compile(r"svar_[0-9a-f]{12}_[\w-]+"), "(token)"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "(address)"),
    (re.compile(r"(?:\+|%2B|\b00)\d(?:[\s-]?\d){7,14}"), "(number)"),
)
"""What is hidden, and what stands there instead. A link's token has 34 characters, as those of `schedule.links` do."""


class Redacting(logging.Formatter):
    """Instant, level, logger, text - with everything in HIDDEN taken out of the finished line."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line, safe to keep."""
        return redacted(super().format(record))


def redacted(line: str) -> str:
    """The line without links, tokens, addresses and numbers of people."""
    for pattern, instead in HIDDEN:
        line = pattern.sub(instead, line)
    return line


def configure() -> None:
    """Write everything to stderr, redacted. Safe to call again."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, Redacting) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting())
    root.addHandler(handler)
    logging.getLogger("svar").setLevel(logging.INFO)
