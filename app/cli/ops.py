"""`flask ops`: what an operator does on a good day and on a bad one: back-ups, restores, keys."""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, make_url, select

from app.cli import who
from app.cli.owning import owner_url
from app.config import current_settings
from app.core import backing_up, incarnation, migrating, sealed_columns
from app.core.archives import Inventory
from app.core.audit import acting
from app.core.crypto import SigningKeys, new_key, new_signing_key
from app.core.database import db, transaction
from app.core.exclusive import exclusively
from app.core.problems import Conflict
from app.core.time import now
from app.core.verifying_seals import verify
from app.exports import back_ups
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Gateway
from app.messages.receiving import provider_log, restoring
from app.participants.models import Contact
from app.web.staff import second_factors

group = AppGroup("ops", help="Operating the service: back-ups, restores, keys.")
MANY = 20
RELEASING = "Somebody else says this just now, and the provider is asked. Wait until that has ended, and look again."
RESTORING = "Another command restores into this database just now. Wait until it has ended; it says what to do next."
REKEYING = "Another command closes everything anew just now. Wait until it has ended, then say: flask ops check-keys"
WHAT_IS_NEXT = """Every text is held. What to do now:
  1. start the web processes and flask clock, and wait a minute (plan and queue must have run)
  2. flask ops release"""


@group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Back the whole database up into FILE, closed with a key of its own that the field keys open."""
    back_up(file)


def back_up(file: Path) -> None:
    """The command, of the present application."""
    backing_up.check_free(file)
    begun, settings = time.monotonic(), current_settings()
    owner = owner_url(settings)
    with acting(who.system_user()), transaction():
        incarnation.present()
    with acting(who.system_user()), transaction():
        manifest, size = back_ups.make(file, owner, make_url(settings.database_url).username or "")
    rows = sum(manifest.counts.values())
    click.echo(f"{file}: {rows} rows of {len(manifest.counts)} tables as of {manifest.made_at}, {size} bytes,")
    click.echo(f"in {time.monotonic() - begun:.1f} s. Without FIELD_KEYS nothing in it opens: keep them, elsewhere.")


@group.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Restore FILE into the empty database of DATABASE_OWNER_URL, and hold every text."""
    load(file)


def load(file: Path) -> None:
    """The command, of the present application."""
    begun, settings = time.monotonic(), current_settings()
    manifest = backing_up.look(file)
    app_role = make_url(settings.database_url).username or ""
    owner = owner_url(settings)
    back_ups.check(manifest, owner, app_role, test_installation=settings.test_installation)
    with backing_up.owning(owner) as engine, exclusively("restore", RESTORING, engine):
        backing_up.load(file, owner)
    _compare_rows(manifest)
    migrating.upgrade(owner, app_role=app_role)
    incarnation.move_sequences(owner)
    with acting(who.system_user()), transaction():
        restoring.begin(datetime.fromisoformat(manifest.made_at), now())
    _tell_whether_whole(manifest)
    click.echo(f"Restored as of {manifest.made_at} in {time.monotonic() - begun:.1f} s. {WHAT_IS_NEXT}")


def _compare_rows(manifest: Inventory) -> None:
    with backing_up.owning(current_settings().owner_url) as engine, engine.connect() as connection:
        differing = backing_up.differing(manifest, backing_up.counts(connection))
    if differing:
        raise Conflict(f"Not all rows came back: {', '.join(differing)}. Drop the database, and try again.")
    click.echo(f"{sum(manifest.counts.values())} rows of {len(manifest.counts)} tables are back.")


def _tell_whether_whole(manifest: Inventory) -> None:
    """Conflict where trail or exports are not what they were. Texts are held all the same."""
    try:
        verdict = verify(never_sealed=manifest.clock_never_ran)
        exports = back_ups.differing_exports(manifest)
    finally:
        db.session.rollback()
    if verdict.broken:
        raise Conflict(f"Restored, and every text is held. The audit trail does not hold: {verdict.broken}")
    if verdict.seals:
        click.echo(f"The audit trail holds: {verdict.entries} entries under {verdict.seals} seals.")
    else:
        click.echo(f"The audit trail has {verdict.unsealed} entries and no seal: no clock ran before the back-up.")
    if exports is None:
        click.echo(
            "Exports are not held against what they were: the back-up is of another version, which made its own."
        )
        return
    if exports:
        raise Conflict(f"Restored, and every text is held. Exports are not what they were: {', '.join(exports)}.")
    click.echo(f"{len(manifest.exports)} exports are what they were, byte by byte.")


@group.command()
@click.option("--since", required=True, type=click.DateTime(), help="When the restored back-up was made (UTC).")
@who.acting_person
def restored(since: datetime) -> None:
    """Say that this database was restored by other means: it begins a new life, and every text is held."""
    owner = owner_url(current_settings())
    with acting(who.person()), transaction():
        restoring.begin(since.replace(tzinfo=UTC), now())
    incarnation.move_sequences(owner)
    click.echo(WHAT_IS_NEXT)


@group.command()
@click.option("--nothing-lost", is_flag=True, help="This database has forgotten nothing: a new clock, a planned move.")
@who.acting_person
def release(nothing_lost: bool) -> None:
    """Let texts leave again after a restore, once it is known which of them had left already."""
    let_leave(gateway_for(current_settings()), who.person(), nothing_lost=nothing_lost)


def let_leave(gateway: Gateway, by: str, *, nothing_lost: bool) -> None:
    """The command, asking this provider."""
    with exclusively("release", RELEASING, db.engine):
        with acting(by), transaction():
            restoring.check_release(now(), nothing_lost=nothing_lost)
            since = restoring.lost_from()
        if since is not None and not nothing_lost:
            _make_up_for(gateway, since)
        with acting(by), transaction():
            restoring.check_nothing_happened(since, now(), nothing_lost=nothing_lost)
            restoring.release(now())
    click.echo("Texts leave again.")


def _make_up_for(gateway: Gateway, since: datetime) -> None:
    """Ask the provider what happened since, and say what of it is lost."""
    gap = provider_log.look(gateway, since, now())
    if gap.stopped:
        click.echo(f"Wrote STOP since, and get no more texts: {', '.join(gap.stopped)}.")
    if gap.unread:
        click.echo(f"Wrote something since that nobody can read any more; call them: {', '.join(gap.unread)}.")
    if gap.in_doubt:
        click.echo(
            "Wrote something since that may have been STOP, and nobody can know. Their texts wait until somebody has"
            f" called them and says so on their page: {', '.join(gap.in_doubt)}."
        )
    if gap.strangers:
        click.echo(f"{gap.strangers} numbers were texted since that are nobody's here: enrol these people anew.")
    if gap.strangers_wrote:
        click.echo(
            f"{gap.strangers_wrote} numbers that are nobody's here wrote since: flask tasks strangers names them."
        )
    if restoring.unheard():
        raise Conflict(
            f"{gap.heard} texts of patients were found in the provider's log and are kept now. The clock hears them"
            " in a moment, STOP first; then say flask ops release again."
        )
    recovered = restoring.recover(gateway, since, now())
    click.echo(f"{recovered} texts in the queue had left already and are not sent again.")
    if mails := provider_log.mails_in_doubt(now()):
        click.echo(f"{mails} e-mails in the queue may have left already, which nobody lists: they leave again.")
    if visits := provider_log.may_have_answered(since, now()):
        click.echo("Lost is what was answered since on the page. It may have been answered, and is asked again:")
        click.echo("\n".join(f"  {visit}" for visit in visits))


@group.command("new-keys")
@click.option("--id", "key_id", default=1, show_default=True, type=click.IntRange(1, 255), help="Of the field key.")
def new_keys(key_id: int) -> None:
    """Print fresh secrets, as settings want them. Nothing is stored: keep them, and keep a copy elsewhere."""
    click.echo(f"SECRET_KEY={secrets.token_urlsafe(48)}")
    click.echo(f"FIELD_KEYS={new_key(key_id)}")
    signing = new_signing_key()
    click.echo(f"EXPORT_SIGNING_KEYS={signing}")
    click.echo(f"# Its public half, for flask export verify --public-key: {SigningKeys.parse(signing).public[0]}")


@group.command("check-keys")
def check_keys() -> None:
    """Open everything that the field keys have closed; ends with 1 if anything does not open."""
    shut = 0
    for checked in sealed_columns.check(current_settings().keyring):
        counted = ", ".join(f"{count} with key {key_id}" for key_id, count in checked.by_key.items())
        click.echo(f"{checked.column}: {counted or 'nothing'}")
        if checked.shut:
            rows = ", ".join(map(str, checked.shut[:MANY])) + (" ..." if len(checked.shut) > MANY else "")
            click.echo(f"  DOES NOT OPEN: {len(checked.shut)}, rows {rows}")
        shut += len(checked.shut)
    users = second_factors.check()
    click.echo(f"second factors: {users.open}")
    if users.shut:
        click.echo(f"  DOES NOT OPEN: of users {', '.join(map(str, users.shut))}; flask users reset-second-factor")
    if shut or users.shut:
        raise click.ClickException("Not everything opens: put the missing key back into FIELD_KEYS, behind the others.")
    click.echo("Everything opens.")


@group.command()
@who.acting_person
def rekey() -> None:
    """Close everything anew with the first of FIELD_KEYS. Broken off, it goes on where it was when said again."""
    with exclusively("rekey", REKEYING, db.engine):
        shut, pins = _close_anew(who.person())
    if shut:
        raise click.ClickException(f"{shut} values do not open and stay as they were: flask ops check-keys names them.")
    click.echo("The keys behind the first may go once the visits whose links they signed are closed.")
    if pins:
        click.echo(f"{pins} PINs are hashed with the key of their day: keep that key, or set them anew.")


def _close_anew(by: str) -> tuple[int, int]:
    """How many values do not open, and how many PINs there are."""
    keyring, shut = current_settings().keyring, 0
    for each in sealed_columns.columns():
        after, closed = 0, 0
        while True:
            with acting(by, "keys are changed"), transaction():
                step = sealed_columns.close_next(each, after, keyring)
            if step is None:
                break
            after, closed, shut = step.after, closed + step.closed, shut + len(step.shut)
        click.echo(f"{each.name}: {closed} closed anew")
    with acting(by, "keys are changed"), transaction():
        click.echo(f"second factors: {second_factors.close_anew()} closed anew")
        pins = db.session.scalar(select(func.count()).where(Contact.pin_hash.is_not(None)))
    return shut, pins or 0


@group.command()
def drill() -> None:
    """Lose a database of synthetic people and restore it on another server, then have wrong keys, then the wrong time;
    ends with 1 if anything does not hold."""
    from app.rehearsal.drilled_trial import DRILLED
    from app.rehearsal.restore_drill import drill as played

    drilled = played(current_settings())
    click.echo(f"RPO: {drilled.rpo_seconds:.1f} s of the day are lost, as long as the back-up was old.")
    click.echo(f"RTO: {drilled.rto_seconds:.1f} s until texts leave again; {drilled.texts} texts rang.")
    click.echo(f"Keys: {DRILLED} texts fell due under another key; {drilled.for_key} rang when it was right again.")
    click.echo(
        f"Time: {DRILLED} texts were due while the time was wrong; {drilled.for_time} rang when it was right again."
    )
    for wrong in drilled.wrong:
        click.echo(f"DOES NOT HOLD: {wrong}")
    if drilled.wrong:
        raise SystemExit(1)
