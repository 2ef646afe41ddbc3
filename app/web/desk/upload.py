"""Enrol many from a file: it is checked first, and what was checked is then enrolled, whole or not at all.

The same verb as behind the command and the API (`app.participants.importing`). Between the two steps the list lies
sealed (`app.participants.kept_list`); the page carries only where.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as later
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import taken_back
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.participants.import_files import LIST_COLUMNS, NEEDED_LIST_COLUMNS, Row, parts_of, read_list
from app.participants.importing import Imported, import_people
from app.participants.kept_list import KeptList, keep_list, take_list
from app.permitting import current_scope
from app.request_size import LARGEST_BODY
from app.schedule.calendar import local_day
from app.studies.access import sites
from app.studies.guarding import allow
from app.studies.installing import current_protocol
from app.studies.models import Site
from app.studies.protocol import ENROLMENT, Channel, Protocol
from app.studies.states import Act
from app.web.desk.changing import Answer
from app.web.desk.table_file import table_file
from app.web.language import gettext, ngettext, spoken
from app.web.staff.access import actor, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_upload", __name__, url_prefix="/desk/<study>/participants/upload")
MOST_ROWS = 500
"""So many are checked while somebody waits; a command or a program may send more."""
MOST_ERRORS = 200
"""So many are shown at once."""
LONGEST_FILE_NAME = 100
FILE_REASON = "enrolled from a file"
COLUMN_MEANINGS: Mapping[str, object] = {
    "site": later("The code of the site"),
    "phone": later("Mobile number: 8 digits, or + and the country"),
    "consent": later("Version of the consent form that was signed, such as 1.0"),
    "enrolled_on": later("Day of enrolment, such as 2026-09-22"),
    "code": later("Code; empty for the next number of the site"),
    "name": later("Name, for the telephone; kept apart, closed"),
    "language": later("Language, such as nb; empty for that of the site"),
    "zone": later("Time zone, such as Europe/Oslo; empty for that of the site"),
    "abroad": later("yes, if it is a foreign number and the participant confirmed it"),
    "shared_phone": later("yes, if another participant uses the same telephone"),
    "sms_answers": later("yes, if she agreed to answer short questions by text message"),
    "pin": later("PIN, if the participant wants one: 4 to 8 digits"),
    "birth_year": later("Year of birth"),
    "email": later("E-mail address; then a mobile number is not needed"),
    "channel": later("What to write to her by first: sms or email; empty for what the protocol says"),
}


@dataclass(frozen=True)
class RowError:
    """What is wrong, and where."""

    row: str
    column: str
    sentence: str


@blueprint.get("/")
@requires(Permission.ENROL)
def form() -> str:
    """What the columns are, and a field for the file."""
    allow(current_scope().study, Act.ENROL)
    return _page()


@blueprint.get("/sample.csv")
@requires(Permission.ENROL)
def sample() -> Response:
    """A list to begin with: its columns, and a row that says how; as it stands it enrols nobody."""
    plan = current_protocol(current_scope().study).plan
    columns = _columns(plan)
    row = {"site": next(iter(_sites()), ""), "phone": gettext("8 digits"), "consent": "1.0"}
    row |= {"enrolled_on": local_day(now(), plan.zone_info).isoformat()}
    delimiter = "," if spoken() == "en" else ";"
    return table_file("participants", columns, [[row.get(column, "") for column in columns]], delimiter)


@blueprint.post("/")
@requires(Permission.ENROL)
def check() -> Answer:
    """Say what is wrong by row and column, or who would be enrolled; nobody is yet."""
    try:
        rows, name = _sent()
        with taken_back():
            imported = import_people(rows, _sites(), current_scope().study, now())
        kept = _kept(rows, imported)
    except Problem as problem:
        return _page(problem), problem.status
    already = sorted(set(imported.unchanged) - set(imported.enrolled))
    return render_template("desk/upload_checked.html", imported=imported, already=already, name=name, kept=kept)


@blueprint.post("/enrolment")
@requires(Permission.ENROL)
def enrol() -> Answer:
    """Enrol those of the list that was checked; what has changed since is said."""
    start_acting(actor(), FILE_REASON)
    try:
        refuse_resumed()
        kept = take_list(member().id, current_scope().study.id, request.form.get("_list", 0, int), now())
        imported = import_people(kept.rows, _sites(), current_scope().study, now())
    except Problem as problem:
        return _page(problem), problem.status
    for sentence in _outcome(imported, kept.expected):
        flash(sentence)
    return redirect(url_for("desk_participants.listing", study=current_scope().study.code), 303)


def _kept(rows: Sequence[Row], imported: Imported) -> int:
    """Where the list lies until she says yes; nowhere if nobody on it is new."""
    if not imported.enrolled:
        return 0
    return keep_list(member().id, current_scope().study.id, KeptList(rows, len(imported.enrolled)), now())


def _outcome(imported: Imported, expected: int) -> list[str]:
    """How many were enrolled, what others have done meanwhile, and what comes next."""
    number, plan = len(imported.enrolled), current_protocol(current_scope().study).plan
    said = [ngettext("One person is enrolled.", "%(num)s people are enrolled.", number)]
    if number < expected:
        said.append(
            ngettext(
                "One more was to be: she has been enrolled since the list was checked, and stays as she is.",
                "%(num)s more were to be: they have been enrolled since the list was checked, and stay as they are.",
                expected - number,
            )
        )
    if number and plan.anchor != ENROLMENT:
        said.append(gettext("Next: plan this event: %(event)s.", event=plan.event_title(plan.anchor)))
    return said


def _sent() -> tuple[list[Row], str]:
    """The rows of the file that was sent, and what it is called."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput("Choose a file first.")
    name = file.filename.replace("\\", "/").rpartition("/")[2][-LONGEST_FILE_NAME:]
    return read_list(file.read(), name, MOST_ROWS), name


def _page(problem: Problem | None = None) -> str:
    plan, errors = current_protocol(current_scope().study).plan, _errors(problem)
    return render_template(
        "desk/upload.html",
        problem=problem,
        errors=errors[:MOST_ERRORS],
        further=len(errors[MOST_ERRORS:]),
        columns=[(column, COLUMN_MEANINGS[column], column in NEEDED_LIST_COLUMNS) for column in _columns(plan)],
        sites=_sites(),
        most_rows=MOST_ROWS,
        most_kilobytes=LARGEST_BODY // 1024 - 12,
    )


def _errors(problem: Problem | None) -> Sequence[RowError]:
    """What is wrong, by row and column."""
    named = problem.errors.items() if problem else ()
    return [RowError(*parts_of(place), sentence) for place, sentence in named]


def _columns(plan: Protocol) -> list[str]:
    """Those that mean something in this study."""
    unused = set() if Channel.EMAIL in plan.ways else {"email", "channel"}
    unused |= set() if plan.answers.asks_birth_year else {"birth_year"}
    return [column for column in LIST_COLUMNS if column not in unused]


def _sites() -> dict[str, Site]:
    """Hers, by code."""
    return {site.code: site for site in sites(current_scope())}
