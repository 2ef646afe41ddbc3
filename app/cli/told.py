"""What is wrong with a command's input, said as people at a shell need it: a sentence and exit code 1, no traceback."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core import unreachable
from app.core.connecting import UnsafeRole
from app.core.patience import is_held, unhurried
from app.core.problems import Problem
from app.instruments.problems import InstrumentProblem
from app.studies.protocol import ProtocolErrors
from app.yaml_files import FileError

ROWS_HELD = "Somebody else is at work on the same rows. Nothing was changed; try again in a minute."
BEHIND = "The database has not the shape that this version needs. Run: flask db upgrade"
TOLD = (Problem, InstrumentProblem, ProtocolErrors, FileError, UnsafeRole)
"""What says by itself what a person can do."""
UNDEFINED = ("42P01", "42703", "42883", "3F000")
"""PostgreSQL's codes for a table, column, function or schema that is not there."""


def tell(command: click.Command) -> None:
    """Let `command`, or each command of a group, end with a sentence where a person can do something about it."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            tell(each)
    elif command.callback is not None and not hasattr(command.callback, "told"):
        command.callback = _telling(command.callback)


def _telling(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def in_a_sentence(*args: Any, **kwargs: Any) -> Any:
        try:
            with unhurried():
                return callback(*args, **kwargs)
        except BrokenPipeError:
            raise  # whoever reads has seen enough (`| head`): click ends without a word
        except (*TOLD, OperationalError, ProgrammingError, OSError) as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from None

    in_a_sentence.told = True  # type: ignore[attr-defined]
    return in_a_sentence


def _sentence(error: Exception) -> str | None:
    """What to tell, or nothing where it is our mistake and the traceback is what helps."""
    if isinstance(error, Problem):
        return "\n".join([error.detail, *(f"  {name}: {what}" for name, what in error.errors.items())])
    if isinstance(error, OperationalError):
        return ROWS_HELD if is_held(error) else unreachable.in_words(error)
    if isinstance(error, ProgrammingError):
        return BEHIND if getattr(error.orig, "sqlstate", None) in UNDEFINED else None
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"The disk said: {error.strerror}{where}. What stood there before stays."
    return str(error)
