"""The commands of `flask`, one module per noun."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module

from click import ClickException, Command, Group
from flask import Flask

from app.core.problems import Problem

NOUNS = (
    "analyse",
    "api",
    "audit",
    "clock",
    "db",
    "export",
    "instruments",
    "ledger",
    "messages",
    "protocol",
    "rehearse",
    "sandbox",
    "users",
    "value_set",
    "wording",
)
"""Modules of this package that define a click `group`."""


def init_app(app: Flask) -> None:
    """Put every command on the application."""
    for noun in NOUNS:
        command: Command = import_module(f"app.cli.{noun}").group
        _speak_plainly(command)
        app.cli.add_command(command)


def _speak_plainly(command: Command) -> None:
    """A problem is told in its own sentence, and the command ends with 1; without a traceback."""
    if isinstance(command, Group):
        for one in command.commands.values():
            _speak_plainly(one)
    elif command.callback is not None and not hasattr(command.callback, "plain"):
        command.callback = _plain(command.callback)


def _plain(callback: Callable[..., object]) -> Callable[..., object]:
    @wraps(callback)
    def plain(*arguments: object, **options: object) -> object:
        try:
            return callback(*arguments, **options)
        except Problem as problem:
            parts = (problem.detail, *(f"{name}: {what}" for name, what in problem.errors.items()))
            raise ClickException("\n  ".join(parts)) from None

    plain.plain = True  # type: ignore[attr-defined]
    return plain
