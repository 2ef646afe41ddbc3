"""The logins of a demonstration: one of each role, all with a password that anybody can read here."""

from app.accounts.roles import Role

PASSWORD = "synthetic people only"  # noqa: S105 - of made-up people's study alone
LOGINS = (
    ("coordinator@example.org", "Kari Koordinator", Role.COORDINATOR, False),
    ("investigator@example.org", "Ingrid Investigator", Role.INVESTIGATOR, False),
    ("statistician@example.org", "Stine Statistiker", Role.STATISTICIAN, True),
    ("manager@example.org", "Dag Dataforvalter", Role.DATA_MANAGER, True),
    ("monitor@example.org", "Mona Monitor", Role.MONITOR, True),
    ("administrator@example.org", "Anne Administrator", Role.ADMINISTRATOR, True),
)
"""Address, name, role, and whether at all sites."""


def login_of(role: Role) -> str:
    """The address of the login of this role."""
    return next(email for email, _, held, _ in LOGINS if held is role)
