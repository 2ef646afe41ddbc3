"""The patient's link: a capability for one visit, signed, never stored.

A token is the base64url of key id (1 byte), link version (2), assessment id (6) and 128 bits of HMAC over the last two:
34 characters. A resend carries the same link; a re-issue raises the assessment's link version, and the old link dies.
Reasons (closed, replaced) are told only to somebody who holds a link that we signed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from app.core.crypto import MAC, keyring
from app.core.database import db
from app.core.prepared import Loading, Prepared, related
from app.core.problems import Conflict, Gone, NotFound
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site, Study, plan_read

HEAD = 9
LENGTH = 34
REMEMBERED = 20
"""So many of a visit's links are given back to whoever holds the present one; nobody gets more."""

VISIT = Loading(
    Assessment, "participant_id", "protocol_id", "visit", "day", "opens_at", "closes_at", "grace_until", "link_version",
    "opened_at", "submitted_at", "partial", "paused_until", "cancelled_at",
)  # fmt: skip
PERSON = Loading(Participant, "code", "language", "zone", "withdrawn_at", read=True)
PLACE, TRIAL = Loading(Site, "code", "phone", read=True), Loading(Study, "state", read=True)
PLANNED = Loading(Protocol, "sha256")
BY_ID = (
    select(*VISIT.columns, *PERSON.columns, *PLACE.columns, *TRIAL.columns, *PLANNED.columns)
    .join_from(VISIT.table, PERSON.table, PERSON.table.c.id == VISIT.table.c.participant_id)
    .join(PLACE.table, PLACE.table.c.id == PERSON.table.c.site_id)
    .join(TRIAL.table, TRIAL.table.c.id == PERSON.table.c.study_id)
    .join(PLANNED.table, PLANNED.table.c.id == VISIT.table.c.protocol_id)
    .where(VISIT.table.c.id == bindparam("id", type_=BigInteger))
)
"""What every page behind a link needs of its visit."""
VISIT_BY_ID = Prepared(BY_ID)


def token(assessment_id: int, version: int, key_id: int | None = None) -> str:
    """The link's token for this assessment and version."""
    key_id, mac = keyring().sign_link(assessment_id, version, key_id)
    head = bytes([key_id]) + version.to_bytes(2, "big") + assessment_id.to_bytes(6, "big")
    return urlsafe_b64encode(head + mac).decode().rstrip("=")


def earlier(assessment: Assessment) -> list[str]:
    """Every link that this visit ever had under the keys of the ring, the present ones included.

    What a phone kept under a link that was replaced, or signed anew, is closed with that link: whoever holds the
    present one may open it. The links themselves stay dead.
    """
    versions = range(assessment.link_version, max(0, assessment.link_version - REMEMBERED), -1)
    return [token(assessment.id, version, key_id) for version in versions for key_id in keyring().key_ids()]


def url(assessment: Assessment, base: str) -> str:
    """The address that a text carries."""
    return f"{base}/a/{token(assessment.id, assessment.link_version)}"


def resolve(text: str, *, alone: bool = False) -> Assessment:
    """The assessment of a token. NotFound if we did not sign it, Gone if a newer link replaced it.

    Whether the visit is open is for the caller to ask: `assessment.state(now)`. Who asks `alone` may only look at it.
    """
    assessment_id, version = signed(text)
    return current(_by_id(assessment_id, alone=alone), version)


def current(assessment: Assessment | None, version: int) -> Assessment:
    """The assessment, if there is one and `version` is its link's."""
    existing = required(assessment)
    if version != existing.link_version:
        raise Gone("This link was replaced by a newer one. Use the link in the last text message from us.")
    return existing


def required(assessment: Assessment | None) -> Assessment:
    """The assessment, if there is one."""
    if assessment is None:
        raise NotFound("This link is not complete. Open it from the text message again, without changing it.")
    return assessment


def behind(text: str) -> Assessment:
    """The assessment of any link that we signed, also of one that was replaced. NotFound if we did not sign it."""
    assessment_id, _ = signed(text)
    return required(_by_id(assessment_id))


def loaded(values: Iterator[Any], *, alone: bool = False) -> Assessment:
    """The visit whose columns of BY_ID come next, its participant, site, study and protocol beside it."""
    assessment, participant = VISIT.loaded(values, alone=alone), PERSON.loaded(values, alone=alone)
    related(participant, site=PLACE.loaded(values, alone=alone), study=TRIAL.loaded(values, alone=alone))
    protocol = PLANNED.loaded(values, alone=alone)
    if alone and plan_read(protocol.sha256) is None:
        protocol = db.session.get_one(Protocol, protocol.id)  # which has the rest of it to read
    related(assessment, participant=participant, protocol=protocol)
    return assessment


def _by_id(assessment_id: int, *, alone: bool = False) -> Assessment | None:
    row = VISIT_BY_ID.first({"id": assessment_id}, alone=alone)
    return None if row is None else loaded(iter(row), alone=alone)


def reissue(assessment: Assessment, now: datetime) -> int:
    """A new link for this visit; the old one is dead from now on. Returns the new version."""
    if assessment.submitted_at is not None:
        raise Conflict("This visit is answered; it needs no new link.")
    if now >= assessment.grace_until:
        raise Gone("This visit is closed; a new link would open nothing.")
    assessment.link_version += 1
    return assessment.link_version


def signed(text: str) -> tuple[int, int]:
    """Assessment id and version of a token of ours; NotFound if we did not sign it."""
    unknown = NotFound("This link is not complete. Open it from the text message again, without changing it.")
    if len(text) != LENGTH or not text.isascii():
        raise unknown
    try:
        raw = urlsafe_b64decode(text + "==")
    except (NotBase64, ValueError):
        raise unknown from None
    if len(raw) != HEAD + MAC or urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise unknown
    key_id, version, assessment_id = raw[0], int.from_bytes(raw[1:3], "big"), int.from_bytes(raw[3:HEAD], "big")
    if not keyring().opens_link(key_id, assessment_id, version, raw[HEAD:]):
        raise unknown
    return assessment_id, version
