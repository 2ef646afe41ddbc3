"""Draft, response, answer, score, correction. What was submitted is never changed; the database refuses it too."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.audit import UNAUDITED, audited
from app.core.database import Base, choice
from app.core.sealed_columns import sealed
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import Study


class Mode(StrEnum):
    """How an answer came in, and by whom."""

    PAGE = "page"
    HELPED = "page, with help"
    SMS = "sms"
    STAFF = "staff on behalf"
    TELEPHONE = "telephone interview"
    PAPER = "paper"


class Answerer(StrEnum):
    """Whose answers they are that somebody of the staff types."""

    HERSELF = "herself"
    HELPED = "herself, with help"
    PROXY = "somebody else for her"


class Presentation(StrEnum):
    """How the questions were shown. A translation by the browser is noticed by the page's script alone."""

    PAGE = "page"
    PAGED = "paged"
    AROUND_TRANSLATED = "paged, page translated"
    QUESTIONS_TRANSLATED = "paged, questions translated"
    DRAFT = "draft"
    SMS = "sms"
    TYPED = "typed by staff"


class Draft(Base):
    """Answers not submitted yet, closed with the field keys; purged when the visit closes."""

    __tablename__ = "drafts"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), unique=True)
    assessment: Mapped[Assessment] = relationship()
    answers_sealed: Mapped[bytes] = mapped_column(info=sealed("assessment_id"))
    updated_at: Mapped[datetime]


class Response(Base):
    """What a patient submitted for a visit: canonical JSON and its hash, once per assessment."""

    __tablename__ = "responses"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), unique=True)
    assessment: Mapped[Assessment] = relationship()
    submitted_at: Mapped[datetime]
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    language: Mapped[str] = mapped_column(String(5))
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    instruments: Mapped[dict[str, dict[str, object]]] = mapped_column(JSONB)
    """By instrument: version, wording hash, whether the wording was for demonstration, presentation."""
    answers: Mapped[list["Answer"]] = relationship(back_populates="response")
    scores: Mapped[list["Score"]] = relationship(back_populates="response")


class LateAttempt(Base):
    """That answers to a visit came when they were no longer taken, and in which way; nothing of what they said."""

    __tablename__ = "late_attempts"
    __table_args__ = (UniqueConstraint("assessment_id", "mode"), {"info": audited()})

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"))
    assessment: Mapped[Assessment] = relationship()
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    attempted_at: Mapped[datetime]


class SecondAnswers(Base):
    """What differs from the answers that count for a visit: closed, for a person (`app.responses.second_answers`)."""

    __tablename__ = "second_answers"
    __table_args__ = {"info": audited("answers_sealed")}  # noqa: RUF012

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), unique=True)
    answers_sealed: Mapped[bytes] = mapped_column(info=sealed("assessment_id"))


class StaffEntry(Base):
    """What somebody of the staff typed for a visit, of an interview or a paper; two entries are of two people."""

    __tablename__ = "staff_entries"
    __table_args__ = (
        UniqueConstraint("assessment_id", "number"),
        CheckConstraint("number IN (1, 2)", "two_at_most"),
        {"info": audited("answers_sealed")},
    )

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"))
    assessment: Mapped[Assessment] = relationship()
    number: Mapped[int]
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    answered_by: Mapped[Answerer] = mapped_column(choice(Answerer))
    answered_at: Mapped[datetime]
    """The day on the paper, at its noon where no hour is known; of an interview when it was held."""
    scan: Mapped[str | None] = mapped_column(String(120))
    """Where the paper is kept."""
    twice: Mapped[bool]
    """Whether a second person types it too."""
    typed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    typed_by: Mapped[User] = relationship()
    typed_at: Mapped[datetime]
    answers_sealed: Mapped[bytes] = mapped_column(info=sealed("assessment_id"))


class Answer(Base):
    """One item of a response. A null value says why in `missing_reason`."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("response_id", "instrument", "item"), {"info": audited()})

    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"))
    response: Mapped[Response] = relationship(back_populates="answers")
    instrument: Mapped[str] = mapped_column(String(32))
    item: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    value: Mapped[str | None] = mapped_column(Text)
    missing_reason: Mapped[str | None] = mapped_column(String(30))


class Score(Base):
    """A score with its provenance. Re-scoring adds a row and marks the old one superseded."""

    __tablename__ = "scores"
    __table_args__ = (
        Index(
            "uq_scores_current", "response_id", "instrument", "name", "value_set",
            unique=True, postgresql_nulls_not_distinct=True, postgresql_where=text("superseded_at IS NULL"),
        ),
        {"info": audited()},
    )  # fmt: skip

    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"), index=True)
    response: Mapped[Response] = relationship(back_populates="scores")
    instrument: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(40))
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    value_set: Mapped[str | None] = mapped_column(String(40))
    category: Mapped[str | None] = mapped_column(Text)
    """The band, group or case that the value falls into, by its name in the scoring."""
    n_answered: Mapped[int]
    missing_reason: Mapped[str | None] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(Text)
    instrument_version: Mapped[str] = mapped_column(String(20))
    scorer_version: Mapped[str] = mapped_column(String(20))
    input_sha256: Mapped[str] = mapped_column(String(64))
    scored_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class CorrectionKind(StrEnum):
    """What a query asks for: another value of one item, or that the whole response does not count."""

    ANSWER = "answer"
    VOID = "void"


class CorrectionOutcome(StrEnum):
    """How a query ended; the first two are signed."""

    APPROVED = "approved"
    REFUSED = "refused"
    CLOSED = "closed"


SIGNED = (CorrectionOutcome.APPROVED, CorrectionOutcome.REFUSED)


class Correction(Base):
    """A query about a response and, once signed, a layer upon it; asked once, decided once, and changed no further."""

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("(kind = 'answer') = (item IS NOT NULL)", "item_of_answer"),
        CheckConstraint("(instrument IS NULL) = (item IS NULL)", "item_whole"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", "decided_when"),
        CheckConstraint("(outcome IS NULL) = (decided_by_id IS NULL)", "decided_who"),
        CheckConstraint("(outcome IN ('approved', 'refused')) IS TRUE = (sha256 IS NOT NULL)", "signed"),
        CheckConstraint("(sha256 IS NULL) = (signer_name IS NULL)", "signed_name"),
        CheckConstraint("(sha256 IS NULL) = (meaning IS NULL)", "signed_meaning"),
        CheckConstraint("sha256 IS NULL OR decided_by_id <> asked_by_id", "two_people"),
        CheckConstraint("outcome IS NULL OR outcome = 'approved' OR decision_reason IS NOT NULL", "refused_because"),
        Index(
            "uq_corrections_open", "response_id", "instrument", "item",
            unique=True, postgresql_nulls_not_distinct=True, postgresql_where=text("outcome IS NULL"),
        ),
        {"info": audited()},
    )  # fmt: skip

    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"), index=True)
    response: Mapped[Response] = relationship()
    kind: Mapped[CorrectionKind] = mapped_column(choice(CorrectionKind))
    instrument: Mapped[str | None] = mapped_column(String(32))
    item: Mapped[str | None] = mapped_column(String(40))
    original_value: Mapped[str | None] = mapped_column(Text)
    previous_value: Mapped[str | None] = mapped_column(Text)
    """What stood when this was asked: the original, or what an earlier correction made of it."""
    proposed_value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_by: Mapped[User] = relationship(foreign_keys="Correction.asked_by_id")
    asked_at: Mapped[datetime]
    outcome: Mapped[CorrectionOutcome | None] = mapped_column(choice(CorrectionOutcome))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[User | None] = relationship(foreign_keys="Correction.decided_by_id")
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)
    signer_name: Mapped[str | None] = mapped_column(Text)
    """As printed when it was signed, whatever the account is called later."""
    meaning: Mapped[str | None] = mapped_column(Text)
    """What the signature says, in words."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Binds the signature to the response, the query and the decision (`app.responses.signatures`)."""


class SignOff(Base):
    """An investigator signed that a participant's data are complete and correct; the newest counts, if it fits."""

    __tablename__ = "sign_offs"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    signer_name: Mapped[str] = mapped_column(Text)
    meaning: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]
    contents_sha256: Mapped[str] = mapped_column(String(64))
    """Of every response and decided correction (`app.responses.final_words`)."""
    sha256: Mapped[str] = mapped_column(String(64))


class LockSignature(Base):
    """One of the two signatures under the lock of a study; ended when the data changed meanwhile, or unlocked."""

    __tablename__ = "lock_signatures"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", "ended_because"),
        Index("uq_lock_signatures_role", "study_id", "role", unique=True, postgresql_where=text("ended_at IS NULL")),
        {"info": audited()},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    role: Mapped[Role] = mapped_column(choice(Role))
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    signer_name: Mapped[str] = mapped_column(Text)
    meaning: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]
    contents_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class InstalledWording(Base):
    """The licence holder's own words for an instrument in one language, as installed; the newest is shown."""

    __tablename__ = "wordings"
    __table_args__ = {"info": audited("content")}  # noqa: RUF012

    instrument: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(5))
    version: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Every string by its place, as `app.instruments.wording_building` reads them."""
    installed_at: Mapped[datetime]
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id"))
    """The one study whose patients see them; null for every study."""
    reviewed_by: Mapped[str | None] = mapped_column(Text)
    """The native reader who has seen them."""
