"""The commands of `flask`, one module per noun."""

from importlib import import_module

from flask import Flask

NOUNS = ("api", "audit", "clock", "db", "export", "ledger", "messages", "protocol", "rehearse", "sandbox", "users")
"""Modules of this package that define a click `group`."""


def init_app(app: Flask) -> None:
    """Put every command on the application."""
    for noun in NOUNS:
        app.cli.add_command(import_module(f"app.cli.{noun}").group)
