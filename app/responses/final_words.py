"""Signatures under data that are final: of one participant by her investigator, of the study by two roles (the lock).

A signature prints name, time and meaning, and is tied to what was signed by a hash over every response and every
decided correction (21 CFR 11.50, 11.70): where something has changed since, it says so and counts no more.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict, Forbidden
from app.participants.models import Participant
from app.responses.drafts import end_drafts_of
from app.responses.going_live import SIGNATURES, change_state, missing
from app.responses.models import Correction, CorrectionOutcome, LockSignature, Response, SignOff
from app.schedule.models import Assessment
from app.studies.guarding import allow
from app.studies.models import Membership, Study
from app.studies.states import Act, StudyState

SIGNED_OFF = "I have reviewed the data of this participant, and they are complete and correct."
LOCKS = {
    Role.DATA_MANAGER: "The data of this study are complete and clean, and I lock them.",
    Role.INVESTIGATOR: "I have reviewed the data of this study, and I lock them.",
}
"""The two roles that lock a study together, and what each says with it."""
LONGEST_SIGNING_REASON = 1000
Signature = TypeVar("Signature", SignOff, LockSignature)
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class SignedContents:
    """What a signature would be under: how much of it there is, and the hash over all of it."""

    responses: int
    corrections: int
    sha256: str


def sign_off(participant: Participant, signer: User, now: datetime) -> SignOff:
    """Sign that her data are complete and correct. Conflict while something is undecided, or it is signed so."""
    allow(participant.study, Act.CORRECT)
    lock(f"sign:{participant.study_id}")
    contents = of_participant(participant).sha256
    standing = sign_offs(participant)
    if standing and standing[-1].contents_sha256 == contents:
        raise Conflict("These data are signed off as they are.")
    undecided = _of_participant(participant.id).where(Correction.outcome.is_(None), Correction.id.is_not(None))
    if db.session.scalar(select(undecided.exists())):
        raise Conflict("A query about her answers is not decided yet. Decide it first.")
    row = SignOff(participant=participant, contents_sha256=contents, **_signed(signer, SIGNED_OFF, now))
    return _kept(row, participant.code)


def sign_offs(participant: Participant) -> list[SignOff]:
    """Who signed her data off, the first first."""
    query = select(SignOff).filter_by(participant_id=participant.id).order_by(SignOff.id)
    return list(db.session.scalars(query))


def holds(sign_off: SignOff) -> bool:
    """Whether what was signed is what there is, and the record of it is what was signed."""
    contents = _contents(_of_participant(sign_off.participant_id)).sha256
    return sign_off.contents_sha256 == contents and sign_off.sha256 == _hash(sign_off, sign_off.participant.code)


def sign_lock(study: Study, signer: User, now: datetime) -> bool:
    """Sign the lock with the role that she has for the whole study; True where it is the second, and the study locks.

    A signature of other data than there are now is ended: whoever gave it signs again.
    """
    lock(f"sign:{study.id}")
    role = _role(study, signer)
    if study.state is not StudyState.CLOSED:
        raise Conflict(f"{study.code} is {study.state.value}. It is locked once it is closed.")
    lacking = {name: remedy for name, remedy in missing(study, StudyState.LOCKED).items() if name != SIGNATURES}
    if lacking:
        raise Conflict(f"{study.code} cannot be locked yet.", errors=lacking)
    end_drafts_of(study)  # what a protocol keeps of them is part of what is signed
    contents = of_study(study).sha256
    for signature in lock_signatures(study):
        if signature.contents_sha256 != contents:
            _end(signature, "the data have changed since", now)
    standing = lock_signatures(study)
    if any(each.signed_by_id == signer.id for each in standing):
        raise Conflict("You have signed this already. Somebody with the other role signs now.")
    if any(each.role is role for each in standing):
        raise Conflict(f"The {role.value} has signed this already. The other role signs now.")
    _kept(
        LockSignature(study=study, role=role, contents_sha256=contents, **_signed(signer, LOCKS[role], now)), study.code
    )
    if len(standing) + 1 < len(LOCKS):
        return False
    change_state(study, StudyState.LOCKED)
    return True


def unlock(study: Study, signer: User, reason: str, now: datetime) -> None:
    """End the lock, and say why: the study is closed again, and its data can be corrected."""
    lock(f"sign:{study.id}")
    _role(study, signer)
    said = reason.strip()
    if not said or len(said) > LONGEST_SIGNING_REASON:
        sentence = f"Say why, in at most {LONGEST_SIGNING_REASON} characters."
        raise BadInput(sentence, errors={"reason": sentence})
    if study.state is not StudyState.LOCKED:
        raise Conflict(f"{study.code} is not locked.")
    for signature in lock_signatures(study):
        _end(signature, said, now)
    change_state(study, StudyState.CLOSED)


def lock_signatures(study: Study, *, ended: bool = False) -> list[LockSignature]:
    """The signatures under the lock that stand, or all there ever were, the first first."""
    query = select(LockSignature).filter_by(study_id=study.id).order_by(LockSignature.id)
    if not ended:
        query = query.where(LockSignature.ended_at.is_(None))
    return list(db.session.scalars(query))


def of_participant(participant: Participant) -> SignedContents:
    """What her sign-off would be under now."""
    return _contents(_of_participant(participant.id))


def of_study(study: Study) -> SignedContents:
    """What the lock would be under now."""
    return _contents(_of_study(study.id))


def _contents(query: Select[Any]) -> SignedContents:
    """SHA-256 over every response and every decided correction of these rows, in the order of their ids."""
    rows = db.session.execute(query).all()
    facts = [
        (response_sha256, correction_id, correction_sha256, None if voided_at is None else voided_at.isoformat())
        for _, response_sha256, correction_id, correction_sha256, voided_at in rows
    ]
    sha256 = hashlib.sha256(CANONICAL.encode(facts).encode()).hexdigest()
    return SignedContents(len({row[0] for row in rows}), sum(fact[1] is not None for fact in facts), sha256)


def _of_study(study_id: int) -> Select[Any]:
    return _rows().where(Participant.study_id == study_id)


def _of_participant(participant_id: int) -> Select[Any]:
    return _rows().where(Participant.id == participant_id)


def _rows() -> Select[Any]:
    columns = (Response.id, Response.sha256, Correction.id, Correction.sha256, Assessment.voided_at)
    query: Any = select(*columns).join(Response.assessment).join(Assessment.participant)
    decided = (Correction.response_id == Response.id) & (Correction.outcome != CorrectionOutcome.CLOSED)
    undecided = (Correction.response_id == Response.id) & Correction.outcome.is_(None)
    rows: Select[Any] = query.outerjoin(Correction, decided | undecided).order_by(Response.id, Correction.id)
    return rows


def _role(study: Study, signer: User) -> Role:
    """The role with which she signs, which she must have at all sites."""
    held = select(Membership.role).filter_by(user_id=signer.id, study_id=study.id, site_id=None)
    roles = set(db.session.scalars(held))
    standing = {each.role for each in lock_signatures(study)}
    fitting = [role for role in LOCKS if role in roles]
    if not fitting:
        raise Forbidden("A data manager and an investigator of the whole study lock it together.")
    return next((role for role in fitting if role not in standing), fitting[0])


def _signed(signer: User, meaning: str, now: datetime) -> dict[str, Any]:
    if not signer.name.strip():
        raise BadInput("A signature prints your name, and your account has none. Ask an administrator to enter it.")
    return {"signed_by_id": signer.id, "signer_name": signer.name.strip(), "meaning": meaning, "signed_at": now}


def _kept(row: Signature, of: str) -> Signature:
    row.sha256 = _hash(row, of)
    db.session.add(row)
    db.session.flush()
    return row


def _hash(row: SignOff | LockSignature, of: str) -> str:
    facts = (of, row.contents_sha256, row.signed_by_id, row.signer_name, row.meaning, row.signed_at.isoformat())
    return hashlib.sha256(CANONICAL.encode(facts).encode()).hexdigest()


def _end(signature: LockSignature, reason: str, now: datetime) -> None:
    signature.ended_at, signature.end_reason = now, reason
    db.session.flush()


def altered_signatures(rows: Iterable[LockSignature]) -> list[LockSignature]:
    """Those whose record is not what was signed."""
    return [row for row in rows if row.sha256 != _hash(row, row.study.code)]
