"""The commands of `flask`, one module per noun."""

from importlib import import_module

from flask import Flask

from app.cli.told import tell

NOUNS = (
    "alert",
    "analyse",
    "api",
    "audit",
    "clock",
    "corrections",
    "db",
    "export",
    "instruments",
    "ledger",
    "messages",
    "participants",
    "ops",
    "ops_check",
    "protocol",
    "rehearse",
    "sandbox",
    "tasks",
    "users",
    "value_set",
    "wording",
)
"""Modules of this package that define a click `group`."""


def init_app(app: Flask) -> None:
    """Put every command on the application; each says in a sentence what a person can mend."""
    for noun in NOUNS:
        group = import_module(f"app.cli.{noun}").group
        tell(group)
        app.cli.add_command(group)
