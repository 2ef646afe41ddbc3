"""What members of staff are called, where a page has them as the audit trail names people."""

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts.models import User
from app.core.database import db


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The name, or else the address, of each `user:12` among these."""
    numbers = (name.removeprefix("user:") for name in set(actors) if name.startswith("user:"))
    ids = [int(number) for number in numbers if number.isdecimal()]
    people = db.session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id))
    return {f"user:{person.id}": person.name or person.email for person in people}
