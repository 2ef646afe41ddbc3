"""What the logs look like, and what never stands in them: links, numbers, addresses of people.

The last net, not the first: nothing should log such a thing. It holds for every logger and also for tracebacks and
for the servers that write the address of a request.
"""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

HIDDEN_IN_LOGS = (
    (re.compile(r"/(a|e|invitation)/[A-Za-z0-9_-]{8,}"), r"/\1/(link)"),
    (re.compile(r"(?<![\w-])(?!(?:SM|MM|AC)[0-9a-f]{32})[A-Za-z0-9_-]{34}(?![\w-])"), "(link)"),
    (re.compile(r"svar_[0-9a-f]{12}_[\w-]+"), "(token)"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "(address)"),
    (re.compile(r"(?:\+|%2B|\b00)\d(?:[\s-]?\d){7,14}"), "(number)"),
)
"""What is hidden, and what stands there instead. A link's token has 34 characters, as those of `schedule.links` do."""


FIELDS = ("job", "error", "sqlstate", "place", "route", "status", "milliseconds")
"""What a line may say apart from its words, for whoever gathers lines (`LOG_FORMAT=json`)."""

_trace: ContextVar[str] = ContextVar("trace", default="")


def start_trace(name: str) -> Token[str]:
    """Every line of this thread belongs to this request, or round of a job, until `end_trace`."""
    return _trace.set(name)


def trace() -> str:
    """To which request, or round of a job, this thread belongs; empty for none."""
    return _trace.get()


def end_trace(token: Token[str]) -> None:
    """What follows belongs to something else."""
    _trace.reset(token)


@contextmanager
def tracing() -> Iterator[None]:
    """A name of its own for what is logged in this block."""
    token = start_trace(secrets.token_hex(8))
    try:
        yield
    finally:
        end_trace(token)


class Redacting(logging.Formatter):
    """Instant, level, logger, text, trace - with everything in HIDDEN taken out of the finished line."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line, safe to keep."""
        return redacted(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The first line, with its trace unless the text has it already."""
        line, trace = super().formatMessage(record), _trace.get()
        return f"{line} trace={trace}" if trace and trace not in line else line


class Structured(Redacting):
    """The same as one JSON object a line, each of its texts redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """The object, safe to keep."""
        line: dict[str, object] = {
            "at": f"{self.formatTime(record, self.datefmt)}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "text": redacted(record.getMessage()),
        }
        line |= {"trace": _trace.get()} if _trace.get() else {}
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = redacted(value) if isinstance(value, str) else value
        if record.exc_info:
            line["traceback"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def redacted(line: str) -> str:
    """The line without links, tokens, addresses and numbers of people."""
    for pattern, instead in HIDDEN_IN_LOGS:
        line = pattern.sub(instead, line)
    return line


def configure(*, structured: bool = False) -> None:
    """Write everything to stderr, redacted; as JSON where that is wanted. Safe to call again."""
    root, formatter = logging.getLogger(), Structured() if structured else Redacting()
    ours = next((handler for handler in root.handlers if isinstance(handler.formatter, Redacting)), None)
    if ours is not None:
        ours.setFormatter(formatter)
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root.addHandler(handler)
    logging.getLogger("svar").setLevel(logging.INFO)
