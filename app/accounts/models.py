"""Users, as Flask-Security-Too wants them, and API tokens. What a user may do where is a membership of a study."""

from datetime import datetime
from enum import StrEnum

from flask_security.core import UserMixin, WebAuthnMixin
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.roles import Permission
from app.core.audit import UNAUDITED, audited
from app.core.database import Base, choice
from app.core.oidc_settings import LONGEST_ISSUER
from app.core.sealed_columns import sealed, sealed_by_library

PROGRAMS = "@programs.invalid"
"""How the addresses of programs' accounts end: no mail arrives there (RFC 2606)."""


LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2


class Ended(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed out"
    SIGNED_IN_ANEW = "signed in anew"
    FROM_THE_LIST = "ended from the list"
    NEW_PASSWORD = "new password"  # noqa: S105 - a reason, not a secret
    SECOND_FACTOR = "second factor changed"
    ROLE = "role withdrawn"
    DISABLED = "account disabled"
    IDENTITY = "identity removed"


class User(Base, UserMixin):  # type: ignore[misc]
    """A person who works here, or a program that does. Patients have no account."""

    __tablename__ = "users"
    __table_args__ = {  # noqa: RUF012
        "info": audited("password", "fs_uniquifier", "tf_totp_secret", "mf_recovery_codes", "us_totp_secrets")
    }

    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str | None] = mapped_column(String(5))
    """In which she wants her pages; nothing where it is her browser's."""
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255), info=sealed_by_library('"t": ?"([0-9]+)"'))
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)
    """The last one-time code that was used, so that none is used twice."""
    us_totp_secrets: Mapped[str | None] = mapped_column(Text)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSONB))
    webauthn: Mapped[list["WebAuthn"]] = relationship(back_populates="user", cascade="all, delete-orphan")
    identities: Mapped[list["UserIdentity"]] = relationship(back_populates="user", order_by="UserIdentity.id")

    @property
    def is_program(self) -> bool:
        """Whether this is a program's account (`app.accounts.programs`), with which nobody signs in."""
        return self.email.endswith(PROGRAMS)

    @property
    def roles(self) -> list[object]:
        """Flask-Security's global roles: none; ours are memberships, per study and site."""
        return []


class StaffSession(Base):
    """A browser in which somebody is signed in: its cookie holds a key, and opens nothing once this has ended."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_paired"),
        {"info": UNAUDITED},  # a log by itself: rows are ended, and deleted long afterwards
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    user: Mapped[User] = relationship()
    key_sha256: Mapped[bytes] = mapped_column(unique=True)
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """To the minute."""
    expires_at: Mapped[datetime]
    confirmed_until: Mapped[datetime]
    """Until when what needs a fresh password and code may be done."""
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[Ended | None] = mapped_column(choice(Ended))
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class SignInTry(Base):
    """Tries in a row at a password or a code, by whose they are (`app.accounts.tries`); a day later they are gone."""

    __tablename__ = "sign_in_tries"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012 - strangers' tries would fill the trail

    subject: Mapped[str] = mapped_column(String(100), unique=True)
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    waits_until: Mapped[datetime]


class KeptForm(Base):
    """What somebody had typed when her session ended, closed with the field keys (`app.accounts.kept_forms`)."""

    __tablename__ = "kept_forms"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012 - scratch: nothing of it is done

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    path: Mapped[str] = mapped_column(Text)
    content_sealed: Mapped[bytes] = mapped_column(info=sealed("user_id"))
    expires_at: Mapped[datetime]


class WebAuthn(Base, WebAuthnMixin):  # type: ignore[misc]
    """A passkey of a user."""

    __tablename__ = "webauthn"
    __table_args__ = {"info": audited("credential_id", "public_key")}  # noqa: RUF012

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship(back_populates="webauthn")
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), index=True, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int | None] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSONB)
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    lastuse_datetime: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(64))


class UserIdentity(Base):
    """As whom a hospital's identity provider knows a user: she may sign in by it (`app.accounts.identities`)."""

    __tablename__ = "user_identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("user_id", "issuer"),
        {"info": audited()},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="identities")
    issuer: Mapped[str] = mapped_column(String(LONGEST_ISSUER))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    bound_at: Mapped[datetime]


class ApiToken(Base):
    """A program's key: only its hash is kept; scopes are permissions."""

    __tablename__ = "api_tokens"
    __table_args__ = {"info": audited("secret_sha256")}  # noqa: RUF012

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    secret_sha256: Mapped[bytes]
    permissions: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    per_minute: Mapped[int] = mapped_column(default=600, server_default=text("600"))
    """So many requests it may make in a minute."""
    revoked_at: Mapped[datetime | None]

    use: Mapped["TokenUse"] = relationship(back_populates="token")

    @property
    def issued_for(self) -> frozenset[Permission]:
        """What its holder may do, where the user may; a permission that is no more counts for nothing."""
        return frozenset(permission for permission in Permission if permission.value in self.permissions)


class TokenUse(Base):
    """When a token was last used, to the minute, and from where."""

    __tablename__ = "token_uses"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012 - it changes with every use

    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"), unique=True)
    token: Mapped[ApiToken] = relationship(back_populates="use")
    used_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(64))


def place_of(digest: bytes) -> int:
    """Where an answer is kept, for what closes it."""
    return int.from_bytes(digest[:7])


class KeptAnswer(Base):
    """What a program's request with a key was answered (`app.accounts.repeats`); a day later it is gone."""

    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("token_id", "key_sha256"), {"info": UNAUDITED})

    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"))
    key_sha256: Mapped[bytes]
    request_sha256: Mapped[bytes]
    status: Mapped[int]
    etag: Mapped[str | None] = mapped_column(String(80))
    answer_sealed: Mapped[bytes] = mapped_column(info=sealed(lambda row: place_of(row.key_sha256)))
    kept_at: Mapped[datetime]


class AnsweredForm(Base):
    """What a form of the desk was answered (`app.accounts.answered_forms`); a day later it is gone."""

    __tablename__ = "answered_forms"
    __table_args__ = (UniqueConstraint("user_id", "form_sha256"), {"info": UNAUDITED})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form_sha256: Mapped[bytes]
    answer_sealed: Mapped[bytes] = mapped_column(info=sealed(lambda row: place_of(row.form_sha256)))
    kept_at: Mapped[datetime]
