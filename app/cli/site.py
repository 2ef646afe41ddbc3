"""`flask site`: a site begins and ends."""

from collections.abc import Callable
from datetime import datetime

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli import who
from app.cli.messages import in_words
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import now
from app.studies import sites
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study
from app.studies.installing import version as find_version
from app.studies.models import Site

group = AppGroup("site", help="The hospitals of a study.")
DAY_OPTION = click.DateTime(["%Y-%m-%d"])
because = click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")


@group.command("list")
@click.argument("study")
def listing(study: str) -> None:
    """The sites of STUDY, and which are active."""
    for row in db.session.scalars(select(Site).filter_by(study_id=find_study(study).id).order_by(Site.code)):
        approved = f"approved {row.approved_on}, {row.approval_reference}" if row.approved_on else "approval missing"
        click.echo(f"{row.code:<10} {'active' if row.active else 'closed':<8} {row.name} ({approved})")


@group.command()
@click.argument("study")
@click.argument("site")
@click.option("--approved-on", type=DAY_OPTION, help="The day of the ethics approval, if it is not recorded yet.")
@click.option("--reference", help="The committee's reference of it.")
@because
@who.acting_person
def activate(study: str, site: str, approved_on: datetime | None, reference: str | None, reason: str) -> None:
    """Let SITE of STUDY enrol, and text as is due: with its approval."""
    if (approved_on is None) != (reference is None):
        raise click.UsageError("Say both, --approved-on and --reference.")
    approval = sites.Approval(approved_on.date(), reference) if approved_on and reference is not None else None
    _change(lambda row: sites.activate(row, approval, now().date()), study, site, reason)
    click.echo(f"Site {site} of {study} is active.")


@group.command()
@click.argument("study")
@click.argument("site")
@click.option("--approved-on", type=DAY_OPTION, required=True, help="The day of the ethics approval.")
@click.option("--reference", required=True, help="The committee's reference of it.")
@because
@who.acting_person
def approve(study: str, site: str, approved_on: datetime, reference: str, reason: str) -> None:
    """Record the ethics approval of SITE, or correct what is recorded of it."""
    approval = sites.Approval(approved_on.date(), reference)
    _change(lambda row: sites.approve(row, approval, now().date()), study, site, reason)
    click.echo(f"The approval of site {site} of {study} is recorded: {approval.on}.")


@group.command()
@click.argument("study")
@click.argument("site")
@because
@who.acting_person
def close(study: str, site: str, reason: str) -> None:
    """Let SITE of STUDY enrol and text nobody any more."""
    _change(sites.close_site, study, site, reason)
    click.echo(f"Site {site} of {study} is closed: nobody is enrolled or texted there.")


@group.command()
@click.argument("study")
@click.argument("site")
@click.argument("version", required=False)
@click.option("--newest", is_flag=True, help="Each version, once it is installed.")
@because
@who.acting_person
def follow(study: str, site: str, version: str | None, newest: bool, reason: str) -> None:
    """Let new participants of SITE follow VERSION, as it is approved there, whatever is installed later."""
    if (version is None) != newest:
        raise click.UsageError("Name the version, or say --newest.")
    protocol = find_version(find_study(study), version) if version else None
    _change(lambda row: sites.follow(row, protocol), study, site, reason)
    click.echo(f"Site {site} of {study} follows {version or 'the newest version'}.")


def _change(become: Callable[[Site], None], study: str, site: str, reason: str) -> None:
    with acting(who.person(), reason), transaction():
        become(find_site(find_study(study), site))
