"""How staff pages write instants, days and states: always in a named zone, always in words."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

from app.accounts.roles import Permission

MENU = (
    ("desk.overview", "Compliance", Permission.VIEW_COMPLIANCE),
    ("desk_today.today", "Today", Permission.VIEW_PARTICIPANT),
    ("desk_participants.listing", "Participants", Permission.VIEW_PARTICIPANT),
    ("desk_messages.listing", "Messages", Permission.VIEW_MESSAGES),
    ("desk_exports.listing", "Exports", Permission.DOWNLOAD_EXPORT),
    ("report.front", "Report", Permission.VIEW_REPORT),
)
"""The pages of a study: endpoint, what it is called, who sees it."""


def moment(at: datetime | None, zone: str) -> str:
    """`Thu 14 May 2026, 09:00` on the clocks of `zone`; a dash where there is no instant."""
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def day(on: date | None) -> str:
    """`Thu 14 May 2026`; a dash where there is no date."""
    return "–" if on is None else f"{on:%a} {on.day} {on:%b %Y}"


def words(name: str) -> str:
    """A code as words: `not_due` is "not due"."""
    return name.replace("_", " ")


def percent(share: float | None) -> str:
    """`93 %`; a dash where nothing was expected."""
    return "–" if share is None else f"{100 * share:.0f} %"


def init_app(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update({"moment": moment, "day": day, "words": words, "percent": percent})
    app.jinja_env.globals.update({"desk_menu": MENU, "Permission": Permission})
