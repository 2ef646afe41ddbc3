"""A REDCap face, read only: scripts written for REDCap (PyCap, REDCapR, curl) read a study without being changed.

A POST of a form with `token` and `content`, as REDCap's API has it, at `/api/redcap/` (PyCap wants an address that ends
with `/api/`: `/api/redcap/api/`). The token is one of ours in REDCap's shape, issued for one study and its exports.
What is given are the tables that leave every night, as they are now; what cannot be given is refused, never ignored.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request

from app.accounts import tokens
from app.accounts.roles import Permission
from app.api.access import note_request
from app.api.blueprint import UNVERSIONED
from app.api.reading import note
from app.api.redcap_contents import LISTS, REDCAP_VERSION, RedcapAsk, project, record_columns
from app.core.audit import start_acting
from app.core.json_reading import LONGEST_SHOWN
from app.core.problems import BadInput, Forbidden, Problem
from app.core.time import now
from app.exports.csv_files import harmless_cells
from app.exports.dataset import dataset
from app.exports.redcap_dictionary import RECORD_ID, RedcapDictionary, dictionary
from app.exports.redcap_records import RedcapWish
from app.exports.tables import Dataset
from app.permitting import current_scope, let_in
from app.studies.access import binding, sites
from app.studies.models import Study

blueprint = Blueprint("redcap_api", __name__, url_prefix=f"{UNVERSIONED}/redcap")

MOST_PARTS = 20_000
"""Clients name every field by itself, and a study may have thousands."""
NEEDED_TABLES = ("participants", "answers", "scores")
REDCAP_FORMATS, REDCAP_KINDS, YES = ("json", "csv"), ("flat", "eav"), ("true", "1", "yes")
DELIMITERS = {"": ",", ",": ",", ";": ";", "|": "|", "^": "^", "tab": "\t", "\t": "\t"}
MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
NO_TOKEN = "You do not have permissions to use the API"  # noqa: S105 - a sentence
"""As REDCap says it: clients look for these words."""


@blueprint.post("/")
@blueprint.post("/api/")
def ask() -> Response:
    """What `content` names, for whoever holds a token of one study's exports."""
    request.max_form_parts = MOST_PARTS
    form = request.form
    try:
        return _answered(_parts())
    except Problem as problem:
        return _refused(problem, form.get("returnFormat") or form.get("format") or "json")


def _parts() -> dict[str, str]:
    """The form by name. Only `fields[]` and its like come as often as they have values: each gets a number."""
    parts: dict[str, str] = {}
    for name, values in request.form.lists():
        if len(values) == 1:
            parts[name] = values[0]
        elif name.endswith("[]"):
            parts |= {f"{name[:-2]}[{number:09}]": value for number, value in enumerate(values)}
        else:
            raise BadInput(f"{name[:LONGEST_SHOWN]} is sent twice: send it once.")
    return parts


def _answered(form: Mapping[str, str]) -> Response:
    _let_in(form.get("token", ""))
    content, form_of_answer = form.get("content", ""), form.get("format") or "json"
    if form.get("data") or form.get("action", "export") != "export":
        raise BadInput("This is for reading alone: nothing is imported, changed or deleted here.")
    if content == "version":
        return Response(REDCAP_VERSION, mimetype="text/plain")
    if content not in (*LISTS, "project"):
        raise BadInput(f"content is one of: {', '.join(sorted([*LISTS, 'project', 'version']))}.")
    if form_of_answer not in REDCAP_FORMATS:
        raise BadInput("format is json or csv here.")
    asked_for = _asked_for(current_scope().study, form)
    if content == "project":
        facts = project(asked_for)
        return _json(facts) if form_of_answer == "json" else _csv([facts], list(facts), {}, ",")
    rows = list(LISTS[content](asked_for))
    columns = list(rows[0]) if rows else []
    if arms := _listed(form, "arms"):
        rows = [row for row in rows if str(row.get("arm_num", arms[0])) in arms]
    if content == "record":
        note("redcap records", {str(row.get(RECORD_ID) or row.get("record")) for row in rows}, len(rows))
    if form_of_answer == "json":
        return _json(rows)
    names = record_columns(asked_for) if content == "record" else columns
    labels = {each.name: each.label for each in asked_for.book.fields} if _label_headers(form) else {}
    return _csv(rows, names, labels, DELIMITERS[_one_of(form, "csvDelimiter", tuple(DELIMITERS), "")])


def _let_in(text: str) -> None:
    token = tokens.authenticate_as_redcap(text.strip(), now())
    note_request(token)
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}")
    g.token = token
    bound = binding(token)
    if bound is None:
        raise Forbidden("This token is of no study: issue one with --redcap and --study.")
    code, needed = bound.study.code, Permission.DOWNLOAD_EXPORT
    let_in(token.user, code, needed, issued_for=token.issued_for, bound=bound, whole="An export")


def _asked_for(study: Study, form: Mapping[str, str]) -> RedcapAsk:
    held = dataset(study, now(), NEEDED_TABLES)
    book = dictionary(held, [str(visit) for visit in held.table("answers").column("visit")])
    wish = _wish(form, book, held)
    kind = _one_of(form, "type", REDCAP_KINDS, "flat")
    return RedcapAsk(study, tuple(sites(current_scope())), held, book, wish, kind, form)


def _wish(form: Mapping[str, str], book: RedcapDictionary, data: Dataset) -> RedcapWish:
    if form.get("filterLogic", "").strip():
        raise BadInput("filterLogic is not worked out here: ask for all, and filter what you get.")
    zone = ZoneInfo(data.zone)
    return RedcapWish(
        records=frozenset(_listed(form, "records")),
        fields=_known(form, "fields", book.names),
        forms=_known(form, "forms", book.forms),
        events=_known(form, "events", [event.name for event in book.events]),
        labels=_one_of(form, "rawOrLabel", ("raw", "label"), "raw") == "label",
        survey_fields=_is_set(form, "exportSurveyFields"),
        groups=_is_set(form, "exportDataAccessGroups"),
        blank_where_nothing=_is_set(form, "exportBlankForGrayFormStatus"),
        decimal_character=_one_of(form, "decimalCharacter", (".", ","), "."),
        begin=_moment(form, "dateRangeBegin", zone),
        end=_moment(form, "dateRangeEnd", zone),
    )


def _listed(form: Mapping[str, str], name: str) -> list[str]:
    """The values of `fields`, `fields[]` or `fields[0]`, `fields[1]`...; the first with commas."""
    numbered = [value for key, value in form.items() if re.fullmatch(rf"{name}\[\d*\]", key)]
    together = [part.strip() for part in form.get(name, "").split(",")]
    return [value for value in (*numbered, *together) if value]


def _known(form: Mapping[str, str], name: str, book: Iterable[str]) -> frozenset[str]:
    listed = _listed(form, name)
    if strange := [value for value in listed if value not in set(book)]:
        named = ", ".join(f"'{value}'" for value in strange)
        raise BadInput(f'The following values in the parameter "{name}" are not valid: {named}')
    return frozenset(listed)


def _one_of(form: Mapping[str, str], name: str, values: Sequence[str], otherwise: str) -> str:
    value = form.get(name) or otherwise
    if value not in values:
        raise BadInput(f"{name} is one of: {', '.join(filter(None, values))}.")
    return value


def _is_set(form: Mapping[str, str], name: str) -> bool:
    return form.get(name, "").lower() in YES


def _label_headers(form: Mapping[str, str]) -> bool:
    return _one_of(form, "rawOrLabelHeaders", ("raw", "label"), "raw") == "label"


def _moment(form: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    given = form.get(name, "").strip()
    for written in MOMENTS if given else ():
        try:
            return datetime.strptime(given, written).replace(tzinfo=zone)
        except ValueError:
            continue
    if given:
        raise BadInput(f"{name} is written as 2026-04-07 09:00:00, in the study's own time.")
    return None


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, default=str), status, mimetype="application/json")


def _csv(rows: Iterable[Mapping[str, object]], names: list[str], labels: Mapping[str, str], delimiter: str) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(harmless_cells(labels.get(name, name) for name in names))
    writer.writerows(harmless_cells(row[name] for name in names) for row in rows)
    return Response(text.getvalue(), mimetype="text/csv")


def _refused(problem: Problem, form_of_answer: str) -> Response:
    status = 403 if problem.status in (401, 404) else problem.status
    sentence = NO_TOKEN if problem.status in (401, 404) else problem.detail
    answer = _json({"error": sentence}, status)
    if form_of_answer == "csv":
        answer = Response(f"ERROR: {sentence}", status, mimetype="text/plain")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer
