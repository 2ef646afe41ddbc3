"""A small study with something of everything: built through the verbs where there are verbs, else row by row."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.database import db
from app.exports import parquet_files
from app.exports.contents import contents
from app.exports.csv_files import csv
from app.exports.manifest import MANIFEST, Manifest
from app.exports.tables import Table
from app.instruments import instrument, score
from app.messages.models import Message, MessageState, Receipt
from app.participants.enrolment import randomise
from app.participants.models import Participant
from app.responses.models import Answer, Mode, Presentation, Response, Score
from app.schedule.models import Assessment
from app.studies.installing import current_protocol
from app.studies.models import Study
from tests.factories import LEFT, backtobasic, message, scheduled
from tests.factories import visit as visit

PHONE, NAME = "+4798765432", "Kanarifugl Hansen"
"""A number and a name that must never be found in anything that leaves."""
DAY_0 = date(2026, 3, 2)
INFUSED_AT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
ODI = {item.code: 2 for item in instrument("odi").items}


def make_study(now: datetime) -> Study:
    """BackToBasic, installed for trying."""
    return backtobasic(now=now).study


def take_part(
    study: Study, number: str = "", *, at: str = "01", infused_at: datetime | None = INFUSED_AT
) -> Participant:
    """Somebody enrolled, planned around day 0, and (unless told not to be) infused."""
    early = datetime(2026, 2, 1, 9, tzinfo=UTC)
    details = {"phone": PHONE, "name": NAME, "code": f"{at}-{number}" if number else ""}
    someone = scheduled(current_protocol(study), INFUSED_AT, given_at=infused_at, at_site=at, now=early, **details)
    randomise(someone, date(2026, 2, 20), INFUSED_AT)
    return someone


def texted(
    assessment: Assessment,
    state: MessageState = MessageState.DELIVERED,
    kind: str = "invitation",
    *,
    reported: bool = True,
) -> Message:
    """A text about the visit, settled as told, with the report of its delivery (unless nobody reported it)."""
    at = assessment.send_at
    settled_at = at + timedelta(minutes=2) if state in LEFT else None
    text = message(assessment, state, at, kind, segments=1, settled_at=settled_at)
    if state is MessageState.DELIVERED and reported:
        at += timedelta(seconds=30)
        db.session.add(Receipt(message_id=text.id, sid=text.sid, status="delivered", received_at=at, raw={}))
    db.session.flush()
    return text


def answered(
    assessment: Assessment,
    at: datetime,
    answers: Mapping[str, int | str | None],
    code: str = "odi",
    *,
    partial: bool = False,
    mode: Mode = Mode.PAGE,
    presentation: Presentation = Presentation.PAGED,
) -> Response:
    """One instrument of the visit, submitted and scored; a null answer was skipped."""
    assessment.opened_at, assessment.submitted_at, assessment.partial = at, at, partial
    content = json.dumps({code: answers}, sort_keys=True)
    about = {code: {"version": instrument(code).version, "wording_sha256": instrument(code).wording("nb").sha256}}
    about[code]["presentation"] = presentation
    response = Response(
        assessment=assessment, submitted_at=at, mode=mode, language="nb", content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(), instruments=about,
    )  # fmt: skip
    for position, (item, value) in enumerate(answers.items()):
        kept, why = (str(value), None) if value is not None else (None, "skipped")
        response.answers.append(Answer(instrument=code, item=item, position=position, value=kept, missing_reason=why))
    response.scores += _scores(code, answers, at)
    db.session.add(response)
    db.session.flush()
    return response


def plain_score(response: Response, value: Decimal | None, name: str = "odi") -> None:
    """A score of this value, in place of whatever was scored."""
    for scored in response.scores:
        scored.superseded_at = response.submitted_at
    db.session.flush()
    response.scores.append(
        Score(
            instrument="odi", name=name, value=value, value_set=None, n_answered=10, missing_reason=None, rule="given",
            instrument_version="2.0", scorer_version="1", input_sha256="0" * 64, scored_at=response.submitted_at,
        )
    )  # fmt: skip
    db.session.flush()


def _scores(code: str, answers: Mapping[str, int | str | None], at: datetime) -> list[Score]:
    given = {item: value for item, value in answers.items() if value is not None}
    return [
        Score(
            instrument=code, name=scored.name, value=scored.value, value_set=scored.value_set,
            category=scored.category, n_answered=scored.n_answered,
            missing_reason=scored.reason, rule=scored.rule, instrument_version=scored.instrument_version,
            scorer_version=scored.scorer_version, input_sha256=scored.input_sha256, scored_at=at,
        )
        for scored in score(code, given)
    ]  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """All that an export wrote, in memory."""

    files: Mapping[str, bytes]
    manifest: Manifest
    manifest_bytes: bytes
    sha256: str


def exported(study: Study, now: datetime) -> Exported:
    """The files of the study's export as of `now`."""
    with TemporaryDirectory() as folder:
        made = contents(study, now, Path(folder) / "export")
        return Exported(made.files, made.manifest, (made.folder / MANIFEST).read_bytes(), made.sha256)


def parquet_of(written: Table) -> bytes:
    """The Parquet twin of a table's CSV."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.csv", Path(folder) / "a.parquet"
        source.write_bytes(csv(written))
        with target.open("wb") as file:
            parquet_files.from_csv(source, written.shape, file)
        return target.read_bytes()
