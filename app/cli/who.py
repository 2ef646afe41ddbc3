"""Who acts at a shell. Each command that changes something asks (`--as`), and the audit trail says what it was told.

In production she must say it, as the address of an account, unless nobody has an account yet. What machines run (the
clock, back-ups, exports), restores into an empty database, and development are told of by the system's own user.
"""

import getpass
import os

import click

from app.accounts import users
from app.config import current_settings
from app.core.problems import Forbidden

SHELL = "command line"
SAID = "svar.person"
LONGEST_LOGIN = 32
WHO_ARE_YOU = (
    "Say who you are, for the audit trail: --as with the address of your account, or the same in SVAR_AS."
    " Nothing was changed."
)


def _keep(context: click.Context, _: click.Parameter, person: str) -> None:
    context.meta[SAID] = person.strip()


acting_person = click.option(
    "--as",
    "person",
    envvar="SVAR_AS",
    default="",
    expose_value=False,
    callback=_keep,
    help="Who you are: the address of an account, for the audit trail.",
)


def person() -> str:
    """Whoever acts by the present command, as the trail names her; Forbidden if she has to say it, or acts no more."""
    said: str = click.get_current_context().meta[SAID]
    if said:
        user = users.find_user(said)
        if not user.active:
            raise Forbidden(f"{user.email} is disabled, and acts no more.")
        return f"{SHELL}: user:{user.id}"
    if current_settings().production and any(user.active for user in users.users()):
        raise Forbidden(WHO_ARE_YOU)
    return system_user()


def system_user() -> str:
    """The user of the operating system, before she became another one."""
    name = os.environ.get("SUDO_USER") or getpass.getuser()
    return f"{SHELL}: {name[:LONGEST_LOGIN]} of this machine"
