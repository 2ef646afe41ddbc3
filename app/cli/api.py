"""`flask api`: tokens for programs, and the description of what they may ask."""

import json
from datetime import timedelta

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import ApiToken
from app.accounts.roles import Permission
from app.accounts.users import find_user
from app.api.openapi import document
from app.cli import who
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import NotFound
from app.core.time import now
from app.studies.access import bind, binding
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study

group = AppGroup("api", help="Programs: their tokens, and what they may ask.")


@group.command()
@click.argument("email")
@click.option(
    "--may", "permissions", multiple=True, required=True, type=click.Choice([each.value for each in Permission])
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
@click.option("--study", help="The only study that it opens; all of hers if left out.")
@click.option("--site", help="The only site of that study.")
@who.acting_person
def issue(email: str, permissions: tuple[str, ...], days: int, study: str | None, site: str | None) -> None:
    """Issue a token that acts as EMAIL, for what is named and her role allows. It is shown once."""
    if site and not study:
        raise click.UsageError("Say with --study of which study the site is.")
    with acting(who.person()), transaction():
        at = now()
        token, secret = tokens.issue(find_user(email), map(Permission, permissions), at + timedelta(days=days), at)
        if study:
            where = find_study(study)
            bind(token, where, find_site(where, site) if site else None)
        expires_on = token.expires_at.date()
    click.echo(secret)
    click.echo(f"Valid until {expires_on}. Keep it like a password; it cannot be shown again.", err=True)


@group.command("list")
def list_() -> None:
    """List the tokens, without their secrets."""
    for token in db.session.scalars(select(ApiToken).order_by(ApiToken.created_at, ApiToken.id)):
        state = "revoked" if token.revoked_at else "expired" if now() >= token.expires_at else "valid"
        used = f"last used {token.use.used_at:%Y-%m-%d %H:%M} UTC" if token.use.used_at else "never used"
        bound, may = binding(token), ", ".join(token.permissions)
        where = f"  only {bound.study.code}{f', site {bound.site.code}' if bound.site else ''}" if bound else ""
        click.echo(
            f"{token.prefix}  {token.user.email}  {state}  until {token.expires_at.date()}  {used}  {may}{where}"
        )


@group.command()
@click.argument("prefix")
@who.acting_person
def revoke(prefix: str) -> None:
    """Revoke the token that begins with svar_PREFIX."""
    with acting(who.person()), transaction():
        token = db.session.scalar(select(ApiToken).filter_by(prefix=prefix.removeprefix("svar_")))
        if token is None:
            raise NotFound(f"There is no token {prefix}. `flask api list` shows them.")
        tokens.revoke(token, now())
    click.echo(f"{prefix} opens nothing from now on.")


@group.command()
def describe() -> None:
    """Print the OpenAPI description."""
    click.echo(json.dumps(document(current_app), indent=2, ensure_ascii=False))
