"""The commands of `flask`, one module per noun."""

from importlib import import_module

from flask import Flask

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
        app.cli.add_command(import_module(f"app.cli.{noun}").group)
