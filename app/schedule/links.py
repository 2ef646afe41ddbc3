"""The patient's link: a capability for one visit, signed, never stored.

A token is the base64url of key id (1 byte), link version (2), form (1), assessment id (5) and 128 bits of HMAC over
version, id and the participant's mark: 34 characters. A resend carries the same link; a re-issue raises the
assessment's link version, and the old link dies. Reasons (closed, replaced) are told only to somebody who holds a link
that we signed.

The mark is random, so a link from before a restore opens its own person's visit, or nothing: whoever has the same ids
now has another mark. Links of form 0, sent before there were marks, open only what was planned before there were any.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select

from app.core import newer_keys
from app.core.crypto import MAC, keyring
from app.core.database import db
from app.core.prepared import Loading, Prepared, related
from app.core.problems import Conflict, Gone, NotFound
from app.instruments.plain_signs import plain
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site, Study, plan_read

HEAD = 9
BOUND = 1
"""The form of a link that is bound to its participant's mark; 0 is not."""
LENGTH = 34
UNKNOWN_LINK = "This link is not complete. Open it from the text message again, without changing it."
TOKEN = re.compile(f"[A-Za-z0-9_-]{{{LENGTH}}}")
UNSEEN = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""White space, and what takes no place: left where a messenger broke the line or wrapped the link."""
REMEMBERED = 20
"""So many of a visit's links are given back to whoever holds the present one; nobody gets more."""

VISIT_LOADING = Loading(
    Assessment, "participant_id", "protocol_id", "visit", "day", "opens_at", "closes_at", "grace_until", "link_version",
    "opened_at", "submitted_at", "partial", "paused_until", "cancelled_at", "voided_at", "old_links",
)  # fmt: skip
PERSON = Loading(Participant, "code", "mark", "language", "zone", "withdrawn_at", "left_as", read=True)
PLACE, TRIAL = Loading(Site, "code", "phone", read=True), Loading(Study, "state", read=True)
PLANNED = Loading(Protocol, "sha256")
BY_ID = (
    select(*VISIT_LOADING.columns, *PERSON.columns, *PLACE.columns, *TRIAL.columns, *PLANNED.columns)
    .join_from(VISIT_LOADING.table, PERSON.table, PERSON.table.c.id == VISIT_LOADING.table.c.participant_id)
    .join(PLACE.table, PLACE.table.c.id == PERSON.table.c.site_id)
    .join(TRIAL.table, TRIAL.table.c.id == PERSON.table.c.study_id)
    .join(PLANNED.table, PLANNED.table.c.id == VISIT_LOADING.table.c.protocol_id)
    .where(VISIT_LOADING.table.c.id == bindparam("id", type_=BigInteger))
)
"""What every page behind a link needs of its visit."""
VISIT_BY_ID = Prepared(BY_ID)


@dataclass(frozen=True)
class Presented:
    """What a token says. It is proved only beside the visit that it names."""

    key_id: int
    version: int
    form: int
    assessment_id: int
    mac: bytes


def token(assessment: Assessment, version: int | None = None, key_id: int | None = None) -> str:
    """The token of this visit's link, in its present version unless another is said."""
    return token_of(assessment.id, version or assessment.link_version, assessment.participant.mark, key_id)


def token_of(assessment_id: int, version: int, mark: UUID | None, key_id: int | None = None) -> str:
    """The same from values; without a mark the token is of the form that was not bound to anybody."""
    key_id, mac = keyring().sign_link(assessment_id, version, None if mark is None else str(mark), key_id)
    form = 0 if mark is None else BOUND
    head = bytes([key_id]) + version.to_bytes(2, "big") + bytes([form]) + assessment_id.to_bytes(5, "big")
    return urlsafe_b64encode(head + mac).decode().rstrip("=")


def tokens_of(assessment_id: int, version: int, mark: UUID, *, old_links: bool) -> list[str]:
    """Every token that a text about this visit may carry, under each key and in each form that opens it."""
    marks = (mark, None) if old_links else (mark,)
    return [token_of(assessment_id, version, each, key_id) for key_id in keyring().key_ids() for each in marks]


def earlier(assessment: Assessment) -> list[str]:
    """Every link that this visit ever had under the keys of the ring, the present ones included.

    What a phone kept under a link that was replaced, or signed anew, is closed with that link: whoever holds the
    present one may open it. The links themselves stay dead.
    """
    versions = range(assessment.link_version, max(0, assessment.link_version - REMEMBERED), -1)
    mark, old_links = assessment.participant.mark, assessment.old_links
    return [link for version in versions for link in tokens_of(assessment.id, version, mark, old_links=old_links)]


def url(assessment: Assessment, base: str) -> str:
    """The address that a text carries."""
    return f"{base}/a/{token(assessment)}"


def token_within(text: str, form: re.Pattern[str] = TOKEN) -> str | None:
    """The token, of this form, in what a messenger made of a link; nothing where it is a token already, or holds none.

    What cannot belong to a token ends it (a full stop, a bracket, also written as %29), and so does its length: a word
    that was glued on. The same signs before and after it (`_..._`, as chats write italics) are not its own, and a dash
    that a word processor put in the place of a hyphen is a hyphen. Small and capital letters are told apart, so what
    was put in capitals is lost.
    """
    bare = UNSEEN.sub("", plain(unquote(text)))
    enclosed = re.search(rf"(?<![\w-])([_-]{{1,3}})({form.pattern})\1(?![\w-])", bare, re.ASCII)
    held = enclosed[2] if enclosed else match[0] if (match := form.search(bare)) else None
    return held if held != text else None


def resolve(text: str, *, alone: bool = False) -> Assessment:
    """The assessment of a token. NotFound if we did not sign it, Gone if a newer link replaced it.

    Whether the visit is open is for the caller to ask: `assessment.state(now)`. Who asks `alone` may only look at it.
    """
    shown = presented(text)
    return current(_by_id(shown.assessment_id, alone=alone), shown)


def current(assessment: Assessment | None, shown: Presented) -> Assessment:
    """The assessment, if the token is ours and its present link's."""
    existing = proved(assessment, shown)
    if shown.version != existing.link_version:
        raise Gone("This link was replaced by a newer one. Use the link in the last text message from us.")
    return existing


def proved(assessment: Assessment | None, shown: Presented) -> Assessment:
    """The assessment, if there is one and we signed this token for it and its participant.

    Unavailable where it may be signed with a key that this process does not have yet.
    """
    newer_keys.wait_for(shown.key_id)
    existing = required(assessment)
    mark = str(existing.participant.mark) if shown.form == BOUND else None
    fitting = shown.form == BOUND or (shown.form == 0 and existing.old_links)
    if not fitting or not keyring().opens_link(shown.key_id, existing.id, shown.version, mark, shown.mac):
        raise NotFound(UNKNOWN_LINK)
    return existing


def required(assessment: Assessment | None) -> Assessment:
    """The assessment, if there is one."""
    if assessment is None:
        raise NotFound(UNKNOWN_LINK)
    return assessment


def behind(text: str) -> Assessment:
    """The assessment of any link that we signed, also of one that was replaced. NotFound if we did not sign it."""
    shown = presented(text)
    return proved(_by_id(shown.assessment_id), shown)


def loaded(values: Iterator[Any], *, alone: bool = False) -> Assessment:
    """The visit whose columns of BY_ID come next, its participant, site, study and protocol beside it."""
    assessment, participant = VISIT_LOADING.loaded(values, alone=alone), PERSON.loaded(values, alone=alone)
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


def presented(text: str) -> Presented:
    """What a token says; NotFound if it has not the form of one of ours."""
    if len(text) != LENGTH or not text.isascii():
        raise NotFound(UNKNOWN_LINK)
    try:
        raw = urlsafe_b64decode(text + "==")
    except (NotBase64, ValueError):
        raise NotFound(UNKNOWN_LINK) from None
    if len(raw) != HEAD + MAC or urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise NotFound(UNKNOWN_LINK)
    version, assessment_id = int.from_bytes(raw[1:3], "big"), int.from_bytes(raw[4:HEAD], "big")
    return Presented(raw[0], version, raw[3], assessment_id, raw[HEAD:])
