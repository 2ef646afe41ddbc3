"""What the released version makes of a trial: run in its checkout, by its own verbs, on a database of its shape.

Prints the links of three people, each with a visit that is open now. When another version has been noted as the
released one, and its verbs or its pages are called otherwise, this follows.
"""

import os
import sys
from datetime import UTC, date, datetime, timedelta

COORDINATOR = "kari@hospital.example"
PEOPLE = 3
ZONES = {
    0: "Africa/Abidjan",
    3: "Africa/Nairobi",
    6: "Asia/Dhaka",
    9: "Asia/Tokyo",
    12: "Pacific/Tarawa",
    -3: "America/Cayenne",
    -6: "America/Costa_Rica",
    -9: "Pacific/Gambier",
}
"""By hours from UTC. Texts leave by day alone, and her day is where it is now: the tests run at night too."""
PAGES = ("today/", "participants/", "participants/01-001", "messages/", "messages/upcoming")
"""Of its desk, behind the study."""
FORMS: dict[str, dict[str, str]] = {
    "today/01-001/notes": {"words": "called, comes on Friday"},
    "today/01-001/owner": {},
    "participants/01-002/randomisation": {"randomised_on": date.today().isoformat()},  # noqa: DTZ011 - as staff write it
}
"""What its desk takes."""


def main() -> None:
    """Install the example, enrol three, and let one of the staff see them."""
    sys.path.insert(0, os.getcwd())
    from app import create_app
    from app.accounts.roles import Role
    from app.core.audit import acting
    from app.core.database import transaction
    from app.schedule import links
    from tests.factories import backtobasic, scheduled, user, visit

    now = datetime.now(UTC)
    infused, early = now - timedelta(days=7), now - timedelta(days=37)
    with create_app().app_context(), acting("seed"), transaction():
        protocol = backtobasic(now=early)
        zone = ZONES[min(ZONES, key=lambda ahead: abs(now.hour + ahead - 12))]
        people = [scheduled(protocol, infused, given_at=infused, now=early, zone=zone) for _ in range(PEOPLE)]
        user(protocol.study, Role.COORDINATOR, email=COORDINATOR)
        print("\n".join(f"/a/{links.token(visit(someone, 'd7'))}" for someone in people))


if __name__ == "__main__":
    main()
