"""`flask api`: tokens for programs, and the description of what they may ask."""

import json
from datetime import timedelta

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import ApiToken, User
from app.accounts.programs import add_program, address_of
from app.accounts.roles import Permission, Role
from app.accounts.users import find_user
from app.api.openapi import document
from app.cli import who
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import NotFound
from app.core.time import now
from app.studies.access import bind, binding, join
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study

group = AppGroup("api", help="Programs: their tokens, and what they may ask.")


@group.command()
@click.argument("email")
@click.option(
    "--may", "permissions", multiple=True, required=True, type=click.Choice([each.value for each in Permission])
)
@click.option("--redcap", is_flag=True, help="In REDCap's shape: it opens the REDCap face alone. Asks for --study.")
@click.option("--per-minute", default=tokens.PER_MINUTE, show_default=True, type=click.IntRange(1, 60_000))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
@click.option("--study", help="The only study that it opens; all of hers if left out.")
@click.option("--site", help="The only site of that study.")
@who.acting_person
def issue(
    email: str,
    permissions: tuple[str, ...],
    redcap: bool,
    per_minute: int,
    days: int,
    study: str | None,
    site: str | None,
) -> None:
    """Issue a token that acts as EMAIL (or a program, by its code), for what is named and the role allows."""
    if site and not study:
        raise click.UsageError("Say with --study of which study the site is.")
    if redcap and not study:
        raise click.UsageError("Say with --study of which study: a token of REDCap's shape is of one.")
    with acting(who.person()), transaction():
        at = now()
        holder, until = find_user(address_of(email)), at + timedelta(days=days)
        may = map(Permission, permissions)
        token, secret = tokens.issue(holder, may, until, at, per_minute=per_minute, redcap=redcap)
        if study:
            where = find_study(study)
            bind(token, where, find_site(where, site) if site else None)
        expires_on = token.expires_at.date()
    click.echo(secret)
    click.echo(f"Valid until {expires_on}. Keep it like a password; it cannot be shown again.", err=True)


@group.command()
@click.argument("code")
@click.argument("study")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--site", help="The code of the only site where this holds; all sites if left out.")
@click.option("--name", default="", help="What it does, and who answers for it; of a new account.")
@who.acting_person
def account(code: str, study: str, role: str, site: str | None, name: str) -> None:
    """Give a program an account of its own, which stays when people leave, and a ROLE in STUDY."""
    with acting(who.person()), transaction():
        where, address = find_study(study), address_of(code)
        known_address = db.session.scalar(select(User.id).where(User.email == address)) is not None
        program = find_user(address) if known_address else add_program(code, name, now())
        join(program, where, Role(role), find_site(where, site) if site else None)
    click.echo(address)


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
