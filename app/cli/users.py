"""`flask users`: who works here, and in which role."""

import click
from flask.cli import AppGroup

from app.accounts import users
from app.accounts.roles import Role
from app.cli import who
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.studies import people
from app.studies.access import join as join_study
from app.studies.access import memberships
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study

group = AppGroup("users", help="The people who work here.")


@group.command()
@click.argument("email")
@click.option("--name", default="", help="What colleagues call this person.")
@click.password_option(help="Asked for when left out, so that it stays out of the shell's history.")
@who.acting_person
def add(email: str, name: str, password: str) -> None:
    """Add somebody; `flask users join` then gives a role."""
    with acting(who.person()), transaction():
        user = users.add_user(email, password, name, now())
    click.echo(f"{user.email} may sign in, and has no role yet.")


@group.command()
@click.argument("email")
@click.argument("study")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--site", help="The code of the only site where this holds; all sites if left out.")
@who.acting_person
def join(email: str, study: str, role: str, site: str | None) -> None:
    """Give somebody a ROLE in STUDY."""
    with acting(who.person()), transaction():
        where = find_study(study)
        join_study(users.find_user(email), where, Role(role), find_site(where, site) if site else None)
    click.echo(f"{email} is {role} in {study}, {'site ' + site if site else 'all sites'}.")


@group.command()
@click.argument("email")
@click.argument("study")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--site", help="The code of the site where it holds; left out, the role at all sites is meant.")
@click.option("--reason", required=True, help="Why, for the audit trail.")
@who.acting_person
def withdraw(email: str, study: str, role: str, site: str | None, reason: str) -> None:
    """Take the ROLE in STUDY back from somebody, and end her sessions."""
    with acting(who.person(), reason), transaction():
        where = find_study(study)
        people.withdraw(users.find_user(email), where, Role(role), find_site(where, site) if site else None, now())
    click.echo(f"{email} is no longer {role} in {study}, {'site ' + site if site else 'all sites'}.")


@group.command("reset-second-factor")
@click.argument("email")
@click.option(
    "--by", "--as", "asking", envvar="SVAR_AS", required=True,
    help="The address of the administrator who asks for it; not the same person.",
)  # fmt: skip
@click.option("--reason", required=True, help="Why, for the audit trail: how was it made sure that it is she?")
def reset_second_factor(email: str, asking: str, reason: str) -> None:
    """Forget a second factor that was lost, with passkeys and recovery codes; a new one is set up at sign-in."""
    user = users.find_user(asking)
    with acting(f"{who.SHELL}: user:{user.id}", reason), transaction():
        people.reset_second_factor(users.find_user(email), user, reason, now())
    click.echo(f"{email} sets up a new second factor at the next sign-in. If others may know the password, change it.")


group.add_command(reset_second_factor, "reset-2fa")


@group.command("list")
def list_() -> None:
    """List everybody who works here, with their roles."""
    for user in users.users():
        state = "" if user.active else "  (disabled)"
        click.echo(f"{user.email}  {user.name}{state}")
        for identity in user.identities:
            click.echo(f"    signs in by {identity.issuer} since {identity.bound_at:%Y-%m-%d}")
        for member in memberships(user):
            where = f"site {member.site.code}" if member.site else "all sites"
            click.echo(f"    {member.study.code}: {member.role.value}, {where}")


@group.command()
@click.argument("email")
@who.acting_person
def disable(email: str) -> None:
    """End somebody's access, at once."""
    with acting(who.person()), transaction():
        before = people.unmanaged()
        users.disable(users.find_user(email), now())
        unmanaged = set(people.unmanaged()).difference(before)
    click.echo(f"{email} can no longer sign in.")
    _warn(unmanaged)


@group.command()
@click.argument("email")
@click.option("--reason", required=True, help="Why, for the audit trail.")
@who.acting_person
def enable(email: str, reason: str) -> None:
    """Let somebody in again who was disabled, with her roles and her second factor; her tokens stay dead."""
    with acting(who.person(), reason), transaction():
        users.enable(users.find_user(email))
    click.echo(f"{email} may sign in again. If others may know the password, change it: flask users password {email}")


@group.command()
@click.argument("email")
@click.option("--reason", default="left", show_default=True, help="Why, for the audit trail.")
@who.acting_person
def leave(email: str, reason: str) -> None:
    """End somebody's access who works here no more: every role in every study is taken back, too."""
    with acting(who.person(), reason), transaction():
        before = people.unmanaged()
        roles = people.leave(users.find_user(email), now())
        unmanaged = set(people.unmanaged()).difference(before)
    click.echo(f"{email} can no longer sign in, and has no role; taken back: {', '.join(roles) or 'none'}.")
    _warn(unmanaged)


def _warn(unmanaged: set[str]) -> None:
    for study in sorted(unmanaged):
        click.echo(f"Nobody manages the people of {study} now: flask users join EMAIL {study} administrator", err=True)


@group.command()
@click.argument("email")
@click.password_option()
@who.acting_person
def password(email: str, password: str) -> None:
    """Set a new password, and end the sessions with the old one."""
    with acting(who.person()), transaction():
        users.set_password(users.find_user(email), password, now())
    click.echo(f"{email} has a new password.")
