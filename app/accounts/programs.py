"""Accounts of programs: nobody signs in with them, and they stay when people leave. They have roles, as anybody has.

A person's token dies with her account. What a hospital's own system does should not: it has an account of its own,
named for what it is, with an address at which no mail arrives (RFC 2606), no password, and tokens alone.
"""

import re
import secrets
from datetime import datetime

from sqlalchemy import select

from app.accounts.models import PROGRAMS, User
from app.accounts.users import LONGEST_NAME
from app.core.database import db
from app.core.problems import BadInput, Conflict

PROGRAM_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")


def address_of(code: str) -> str:
    """The address by which a program's account is named; an address stays what it is."""
    return code if "@" in code else f"{code}{PROGRAMS}"


def add_program(code: str, name: str, now: datetime) -> User:
    """A new account of a program, which may do nothing yet (`studies.access.join` gives a role)."""
    errors = {}
    if not PROGRAM_CODE.fullmatch(code):
        errors["code"] = "Write 2 to 40 small letters, digits and hyphens, a letter first, such as epj-enrolment."
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        errors["name"] = f"Say in at most {LONGEST_NAME} characters what it does, and who answers for it."
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
    if db.session.scalar(select(User.id).where(User.email == address_of(code))) is not None:
        raise Conflict(f"There is a program {code} already.")
    program = User(email=address_of(code), name=name.strip(), active=True, confirmed_at=now)
    program.fs_uniquifier = secrets.token_hex(32)
    db.session.add(program)
    db.session.flush()
    return program
