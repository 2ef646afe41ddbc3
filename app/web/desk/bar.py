"""What stands on every page of the desk, also of one that was refused: the study, her sites, their zone, the menu."""

from dataclasses import dataclass

from flask import Flask, g, request
from flask_babel import lazy_gettext as later
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import User
from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import scope_if_any
from app.responses import waiting
from app.studies.access import Scope, scope, sites, studies_of
from app.studies.installing import current_protocol
from app.studies.models import Site, Study
from app.web.language import STAFF_LANGUAGES, spoken
from app.web.staff.access import member

TODAY = "desk_today.today"
MENU = (
    (TODAY, later("Today"), Permission.VIEW_PARTICIPANT),
    ("desk_participants.listing", later("Participants"), Permission.VIEW_PARTICIPANT),
    ("desk_inbox.listing", later("Inbox"), Permission.VIEW_PARTICIPANT),
    ("desk.overview", later("Compliance"), Permission.VIEW_COMPLIANCE),
    ("desk_messages.listing", later("Messages"), Permission.VIEW_MESSAGES),
    ("desk_corrections.listing", later("Corrections"), Permission.CORRECT),
    ("desk_audit.listing", later("Audit"), Permission.READ_AUDIT),
    ("desk_study.show", later("Study"), Permission.VIEW_COMPLIANCE),
    ("desk_people.listing", later("People"), Permission.MANAGE_USERS),
    ("desk_exports.listing", later("Exports"), Permission.DOWNLOAD_EXPORT),
    ("report.front", later("Report"), Permission.VIEW_REPORT),
)
"""The pages of a study: endpoint, what it is called, who sees it. What stands first is where a day begins."""

UNDER = {
    "desk_visits": "desk",
    "desk_enrolment": "desk_participants",
    "desk_upload": "desk_participants",
    "desk_events": "desk_participants",
    "desk_opening": "desk_participants",
    "desk_record": "desk_participants",
    "desk_undoing": "desk_participants",
    "desk_visit": "desk_participants",
    "desk_entry": "desk_participants",
    "desk_contact": "desk_participants",
    "desk_texts": "desk_participants",
    "desk_many": "desk_participants",
    "desk_pause": "desk_participants",
    "desk_identity": "desk_participants",
    "desk_find": "desk_participants",
    "desk_lock": "desk_study",
    "desk_lock.sign_off_form": "desk_participants",
    "desk_lock.sign_her_off": "desk_participants",
    "desk_practising": "desk_study",
    "desk_sites": "desk_study",
    "desk_webhooks": "desk_study",
    "desk_amendments": "desk_study",
    "desk_upcoming": "desk_messages",
    "desk_text": "desk_messages",
    "preview": "desk_study",
}
"""Which page of the menu the others stand under: all of a blueprint, or one page of it."""


@dataclass(frozen=True)
class Bar:
    """What the bar says: the study, her sites in it, whose clocks the pages show, which pages she may open."""

    study: Study
    sites: tuple[Site, ...]
    zone: str
    scope: Scope
    count: int
    """How many people stand on Today."""

    @property
    def where(self) -> str:
        """Her site by name, or all of them by number."""
        if len(self.sites) == 1:
            return f"{self.sites[0].code} {self.sites[0].name}"
        return ", ".join(site.code for site in self.sites)

    @property
    def menu(self) -> list[tuple[str, str, bool]]:
        """The pages that she may open: endpoint, name, and whether it is the one that is shown."""
        of_all = UNDER.get(request.blueprint or "", request.blueprint)
        shown = UNDER.get(request.endpoint or "", of_all)
        pages = [(endpoint, str(name)) for endpoint, name, permission in MENU if self.scope.may(permission)]
        if pages and pages[0][0] == TODAY:
            pages[0] = (TODAY, f"{pages[0][1]} ({self.count})")
        return [(endpoint, name, endpoint.partition(".")[0] == shown) for endpoint, name in pages]


def home(user: User, study: Study) -> str:
    """The endpoint of the first page of this study that she may open."""
    seen = scope(user, study, Permission.VIEW_COMPLIANCE)
    return next(endpoint for endpoint, _, permission in MENU if seen is not None and seen.may(permission))


def bar() -> Bar | None:
    """The bar's content; nothing for strangers, on pages that are of no study, and where the database is away.

    Worked out once for an answer, however often its page asks.
    """
    if "desk_bar" not in g:
        g.desk_bar = _bar()
    shown: Bar | None = g.desk_bar
    return shown


def _bar() -> Bar | None:
    try:
        study = _study() if current_user.is_authenticated else None
        seen = scope(member(), study, Permission.VIEW_COMPLIANCE) if study else None
        if study is None or seen is None:
            return None
        return Bar(study, tuple(sites(seen)), current_protocol(study).plan.zone, seen, _count(study))
    except SQLAlchemyError:  # what is shown then is a problem, and it is shown without a menu
        return None


def _count(study: Study) -> int:
    """How many people stand on the Today that she sees; nobody where she may not look."""
    callers = scope(member(), study, Permission.VIEW_PARTICIPANT)
    return 0 if callers is None else waiting.count(callers, now())


def _study() -> Study | None:
    """The study that the page is of; by its address where nobody was let in."""
    admitted = scope_if_any()
    if admitted is not None:
        return admitted.study
    _, desk, code, *_ = (*request.path.split("/"), "", "", "")
    return next((study for study in studies_of(member()) if desk == "desk" and study.code == code), None)


def init_app(app: Flask) -> None:
    """Give the templates the bar, to ask for where a page has one."""
    app.jinja_env.globals.update({"desk_bar": bar, "spoken": spoken, "staff_languages": STAFF_LANGUAGES})
