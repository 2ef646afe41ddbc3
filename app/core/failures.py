"""What a log says of an error: its kind, PostgreSQL's code, its place. Not its words: they may hold a person's."""

from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import DBAPIError


def kind(error: BaseException) -> str:
    """Which error it is: `ProgrammingError 42501`, `ValueError`."""
    code = sqlstate(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code, if the error is one of its."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(driver, "sqlstate", None)
    return code if isinstance(code, str) else None


def fields(error: BaseException) -> dict[str, str | None]:
    """The same apart, for a structured line (`logging.FIELDS`)."""
    return {"error": type(error).__name__, "sqlstate": sqlstate(error), "place": place(error)}


def told(error: BaseException) -> tuple[str, str]:
    """The kind of error and its place, as a log has them: its words may hold a person's."""
    return kind(error), place(error)


def place(error: BaseException) -> str:
    """`claiming.py:77 > reading.py:61`: who wanted something, and the innermost line of ours by which it was asked.

    Not of `core`, by which everything is asked, unless nobody else of ours is there.
    """
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/app/" in frame.filename and "site-packages" not in frame.filename]
    wanted = [frame for frame in ours if "/app/core/" not in frame.filename]
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in wanted or ours or frames]
    return " > ".join(lines[-2:]) or "nowhere"
