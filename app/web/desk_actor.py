"""Who acts on a page of the desk, as the audit trail names people."""

from flask_login import current_user


def me() -> str:
    """The signed-in user, as an actor."""
    return f"user:{current_user.id}"
