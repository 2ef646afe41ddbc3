"""In which time zone somebody may be said to live: one that both we and the database can reckon by."""

from app.core.zone_names import database_knows
from app.studies.protocol.site_checks import is_zone


def wrong_zone(zone: str) -> str | None:
    """Why nobody can live there by our reckoning; nothing where somebody may."""
    if not is_zone(zone):
        return f"There is no time zone {zone}; write for example Europe/Oslo."
    if not database_knows(zone):
        return f"The database does not know the time zone {zone}. Write an older name of it, or renew its zones first."
    return None
