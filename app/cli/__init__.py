"""The commands of `flask`, one module per noun, each loaded when it is asked for: web processes need none of them."""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

NOUNS = {
    "alert": ("alert",),
    "analyse": ("analyse",),
    "api": ("api",),
    "audit": ("audit",),
    "clock": ("clock",),
    "corrections": ("corrections",),
    "db": ("db",),
    "export": ("export",),
    "hooks": ("hooks",),
    "instrument": ("instruments", "instrument_imports"),
    "language": ("language",),
    "ledger": ("ledger",),
    "messages": ("messages",),
    "ops": ("ops", "ops_check", "stand_in"),
    "participants": (
        "participants",
        "participants_leaving",
        "participants_import",
        "participants_report",
        "participants_visits",
    ),
    "protocol": ("protocol",),
    "rehearse": ("rehearse",),
    "sandbox": ("sandbox",),
    "site": ("site",),
    "study": ("study", "study_new", "study_ending"),
    "tasks": ("tasks",),
    "users": ("users",),
    "value-set": ("value_set",),
    "wording": ("wording",),
}
"""The nouns, and the modules of this package that define each one's click `group`."""
OTHER_NAMES = {"instruments": "instrument"}
"""What a noun was called before, which still works and is not listed."""


class Nouns(AppGroup):
    """Every command of the service, known by name and loaded when one is given."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All nouns, and what extensions have put here."""
        return sorted({*super().list_commands(ctx), *NOUNS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The noun's commands; each says in a sentence what a person can mend."""
        cmd_name = OTHER_NAMES.get(cmd_name, cmd_name)
        if cmd_name in NOUNS and cmd_name not in self.commands:
            from app.cli.told import tell

            for module in NOUNS[cmd_name]:
                group = import_module(f"app.cli.{module}").group
            tell(group)
            self.add_command(group, cmd_name)
        return super().get_command(ctx, cmd_name)


def init_app(app: Flask) -> None:
    """Put every command on the application."""
    nouns = Nouns(app.name)
    for command in app.cli.commands.values():
        nouns.add_command(command)
    app.cli = nouns
