"""Study, the versions of its protocol, its sites, and who works for it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import ApiToken, User
from app.accounts.roles import Role
from app.core.audit import audited
from app.core.database import Base, choice
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol import from_dict
from app.studies.states import StudyState as StudyState


class Study(Base):
    """A trial. Everything about its plan is in its protocol versions."""

    __tablename__ = "studies"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[StudyState] = mapped_column(choice(StudyState), default=StudyState.SETUP)
    created_at: Mapped[datetime]


class Protocol(Base):
    """One version of a study's protocol file, as installed."""

    __tablename__ = "protocols"
    __table_args__ = (UniqueConstraint("study_id", "version"), {"info": audited("source")})

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    version: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    installed_at: Mapped[datetime]

    @property
    def plan(self) -> ProtocolFile:
        """The checked protocol, as values."""
        return _plan(self.sha256, self)


class InstalledInstrument(Base):
    """A questionnaire as its folder said it when it was installed, or when a protocol that asks it was."""

    __tablename__ = "instruments"
    __table_args__ = (UniqueConstraint("code", "sha256"), {"info": audited("files")})

    code: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of its structure and words; a protocol names what it asks by it."""
    shipped: Mapped[bool]
    """Whether it came with Svar, not from a folder of the site."""
    files: Mapped[dict[str, str]] = mapped_column(JSONB)
    """The text of each file by its path in the folder, as `app.instruments.folders` reads them."""
    installed_at: Mapped[datetime]


class ImportedValueSet(Base):
    """An EQ-5D value set that came as a table: a value for each of the 3,125 states."""

    __tablename__ = "value_sets"
    __table_args__ = {"info": audited("content")}  # noqa: RUF012

    name: Mapped[str] = mapped_column(String(40), unique=True)
    about: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Country, method, citation, DOI."""
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    """The table as it came: CSV with the columns profile and index."""
    imported_at: Mapped[datetime]


class Site(Base):
    """A hospital that takes part. It texts nobody before it is active."""

    __tablename__ = "sites"
    __table_args__ = (
        UniqueConstraint("study_id", "code"),
        CheckConstraint("(approved_on IS NULL) = (approval_reference IS NULL)", name="approval_paired"),
        {"info": audited()},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    code: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(30))
    active: Mapped[bool] = mapped_column(default=True)
    approved_on: Mapped[date | None]
    """The day of the ethics approval, without which a site of patients does not begin; practice needs none."""
    approval_reference: Mapped[str | None] = mapped_column(String(200))
    protocol_id: Mapped[int | None] = mapped_column(ForeignKey("protocols.id"))
    """The version that is approved here; nothing where each version is in effect once it is installed."""
    protocol: Mapped[Protocol | None] = relationship()


class Membership(Base):
    """What a user is in a study, at one site or (site null) at all of them."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "study_id", "site_id", "role", postgresql_nulls_not_distinct=True),
        CheckConstraint("alerted_after BETWEEN 0 AND 1440", name="alerted_after_day"),
        {"info": audited()},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    site: Mapped[Site | None] = relationship()
    role: Mapped[Role] = mapped_column(choice(Role))
    alerted_after: Mapped[int | None]
    """After how many minutes she is told by e-mail of a task there that cannot wait and is not taken; null: never."""
    weekly_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether she is told by e-mail each Monday how the place stands."""


class Invitation(Base):
    """Somebody is invited to work for a study: a link, of which only the hash is kept, and the role that it gives."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(accepted_at IS NULL) = (user_id IS NULL)", name="accepted_paired"),
        CheckConstraint("accepted_at IS NULL OR ended_at IS NULL", name="one_end"),
        {"info": audited("token_sha256")},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    site: Mapped[Site | None] = relationship()
    role: Mapped[Role] = mapped_column(choice(Role))
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    invited_by: Mapped[User] = relationship(foreign_keys=[invited_by_id])
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Withdrawn, or another was made for her."""
    accepted_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    """Who she became."""


class TokenBinding(Base):
    """The one study, and perhaps the one site of it, for which an API token may be used."""

    __tablename__ = "token_bindings"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"), unique=True)
    token: Mapped[ApiToken] = relationship()
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    site: Mapped[Site | None] = relationship()


class SavedView(Base):
    """What somebody asks of a list again and again, under her own name for it (`app.studies.views`)."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "study_id", "name"), {"info": audited("name", "query")})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(300))
    """The filters, as they stand in an address."""


_plans: dict[str, ProtocolFile] = {}


def plan_read(sha256: str) -> ProtocolFile | None:
    """The plan of a version that this process has read already; what has its row at hand asks the row."""
    return _plans.get(sha256)


def _plan(sha256: str, row: Protocol) -> ProtocolFile:
    """A protocol version never changes, so it is read once per process."""
    if sha256 not in _plans:
        _plans[sha256] = from_dict(row.content)
    return _plans[sha256]
