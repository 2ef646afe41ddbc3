"""`flask ops check`: is everything there that a live study needs? Each thing that is not, with what to do about it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from app.cli import owning, who
from app.cli.from_outside import looked_at_from_outside
from app.cli.mail_check import mail, returned
from app.cli.ops import group
from app.cli.sign_in_check import sign_in
from app.config import ROOT, Settings, current_settings
from app.core import one_time, unreachable
from app.core.audit import acting
from app.core.connecting import ROLE_AND_TABLES, UnsafeRole, why_refused
from app.core.database import looking, transaction
from app.core.problems import Unavailable
from app.core.schema import SchemaShape, shape
from app.core.time import now
from app.messages.gateways.gateway import ProviderAccount
from app.schedule import zone_agreement

__all__ = ["group"]
LEAST_FREE_BYTES, LEAST_FREE_SHARE = 2_000_000_000, 0.05
SHAPE_SENTENCES = {
    SchemaShape.OLDER: "The database has an older shape than this version needs. Run: flask db upgrade",
    SchemaShape.NONE: "The database was never migrated. Run: flask db upgrade",
}
SWITCHED_OFF = """
    SELECT name FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name
"""
Looking = Callable[[Settings], Iterator[str]]


@group.command()
@click.option("--inside", is_flag=True, help="Ask nothing outside this machine and its database.")
def check(inside: bool) -> None:
    """Look at all that a live study needs; ends with 1 if anything is not as it should be."""
    settings, wrong = current_settings(), 0
    if settings.test_installation:
        click.echo("This is a TEST INSTALLATION: a stand-in takes the texts, and nobody is asked.")
    for name, look in LOOKS.items():
        if inside and name in OUTSIDE:
            click.echo(f"  not asked  {name}")
            continue
        complaints = list(look(settings))
        click.echo(f"  {'WRONG' if complaints else 'well':9}  {name}")
        click.echo("".join(f"             {complaint}\n" for complaint in complaints), nl=False)
        wrong += len(complaints)
    if wrong:
        raise click.ClickException(
            f"{wrong} of these must be mended before patients are asked. See docs/operations.md."
        )
    click.echo("Everything is as it should be." if not inside else "Everything inside is as it should be.")


def role(settings: Settings) -> Iterator[str]:
    """The application's role owns nothing, and can pass by nothing."""
    try:
        with looking() as connection:
            rights = connection.execute(text(ROLE_AND_TABLES)).one()
    except UnsafeRole as error:
        yield str(error)
    except OperationalError as error:
        yield unreachable.in_words(error)
    else:
        danger = why_refused(rights)
        yield from [danger] if danger else []


def owner(settings: Settings) -> Iterator[str]:
    """The owner's role, where it is known here, is let in, and is another one."""
    if settings.owner_url == settings.database_url:
        return  # needed by whoever migrates, and better kept from web and clock
    if make_url(settings.owner_url).username == make_url(settings.database_url).username:
        yield "DATABASE_OWNER_URL names the role of DATABASE_URL: whoever owns the audit trail can change it."
    try:
        yield from owning.complaints(settings)
    except Unavailable as unavailable:
        yield unavailable.detail


def schema(settings: Settings) -> Iterator[str]:
    """The database has the shape that this version needs."""
    try:
        found_shape = shape()
    except (UnsafeRole, OperationalError):
        yield "The database cannot be asked: see above."
    else:
        yield from [SHAPE_SENTENCES[found_shape]] if found_shape in SHAPE_SENTENCES else []


def keeping(settings: Settings) -> Iterator[str]:
    """What the database has acknowledged is on its disk: else a crash loses answers that a patient knows are sent."""
    if not settings.production:
        return  # the servers of development and of tests are in a hurry
    try:
        with looking() as connection:
            lax = connection.scalars(text(SWITCHED_OFF)).all()
    except (UnsafeRole, OperationalError):
        yield "The database cannot be asked what it keeps: see above."
    else:
        for name in lax:
            yield f"PostgreSQL has {name} = off, so a crash loses answers that patients know are sent. Set it to on."


def time_(settings: Settings) -> Iterator[str]:
    """This machine's time is the database's."""
    try:
        ahead = one_time.read(now).ahead
    except (UnsafeRole, OperationalError):
        yield "The database cannot be asked for its time: see above."
    else:
        if one_time.is_off(ahead):
            yield f"This machine is {one_time.in_words(ahead)} the database. Set its time right (chrony, timedatectl)."


def zones(settings: Settings) -> Iterator[str]:
    """The database reckons local days by our rules of time zones."""
    if shape() not in (SchemaShape.PRESENT, SchemaShape.NEWER):
        return
    with acting(who.system_user()), transaction():
        differs = zone_agreement.complaint(now())
    yield from [differs] if differs else []


def folders(settings: Settings) -> Iterator[str]:
    """What is written can be written, outlives the program, and is read by nobody else."""
    for name, folder in (("SVAR_INSTANCE", settings.instance), ("SVAR_EXPORTS", settings.exports)):
        yield from (f"{name} ({folder}) {wrong}" for wrong in _wrong_folder(folder, production=settings.production))
    if settings.plans is not None and not os.access(settings.plans, os.R_OK | os.X_OK):
        yield f"SVAR_PLANS ({settings.plans}) cannot be read by this user."


def _wrong_folder(folder: Path, *, production: bool) -> Iterator[str]:
    if production and folder.resolve().is_relative_to(ROOT):
        yield "lies in the program's own folder, which an upgrade or make clean empties: put it under /var/lib/svar."
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield f"cannot be written by this user: {error.strerror}. Give it to the service's user, or mend the unit."
        return
    if folder.stat().st_mode & 0o007:
        yield f"can be read by every user of this machine: chmod o-rwx {folder}"


def disk(settings: Settings) -> Iterator[str]:
    """There is room for some nights."""
    for folder in dict.fromkeys((settings.instance, settings.exports)):
        if not folder.exists():
            continue
        usage = shutil.disk_usage(folder)
        if usage.free < LEAST_FREE_BYTES or usage.free < usage.total * LEAST_FREE_SHARE:
            yield f"The disk of {folder} has {usage.free / 1e9:.1f} GB left of {usage.total / 1e9:.0f}. Make room."


def provider(settings: Settings) -> Iterator[str]:
    """The provider knows our account and sender, and hands on what patients write."""
    if not settings.texts_are_real:
        yield "Texts go to the sandbox: nobody is texted."
        return
    account, inbound = asked_account(settings)
    if account.refused:
        yield f"The provider {account.refused}"
        return
    if account.trial:
        yield "The account is a trial: it texts verified numbers only. Upgrade it in Twilio's console."
    if not account.has_sender:
        names = "ELKS_SENDER" if settings.gateway == "46elks" else "TWILIO_MESSAGING_SERVICE or TWILIO_SENDER"
        yield f"The account has no such sender ({names})."
    elif account.inbound != inbound:
        yield (f"What patients write, STOP too, does not come here. Let texts to the sender go to {inbound} (POST).")


def asked_account(settings: Settings) -> tuple[ProviderAccount, str]:
    """Our account as the provider has it, and where what patients write should go."""
    inbound = f"{settings.public_base_url}/webhooks/{settings.gateway}/inbound"
    if settings.gateway == "46elks":
        from app.messages.gateways.elks import ElksGateway, webhook_address

        return ElksGateway(settings).account(), webhook_address(inbound, settings.elks.webhook_secret)
    from app.messages.gateways.twilio import TwilioGateway

    return TwilioGateway(settings).account(), inbound


LOOKS: dict[str, Looking] = {
    "the application's role": role,
    "the owner's role": owner,
    "the database's shape": schema,
    "what the database keeps": keeping,
    "this machine's time": time_,
    "time zones": zones,
    "folders": folders,
    "disk": disk,
    "the provider": provider,
    "e-mail": mail,
    "e-mails that come back": returned,
    "the public address": looked_at_from_outside,
    "sign-in by the identity provider": sign_in,
}
OUTSIDE = ("the provider", "e-mail", "e-mails that come back", "the public address", "sign-in by the identity provider")
