"""The dead man's switch: somebody elsewhere who calls an operator when our pings end, or when one says that we fail."""

import logging
from urllib.parse import urlsplit, urlunsplit

from requests import RequestException

from app.core.bounded_http import bounded_session, exchange

log = logging.getLogger("svar.clock")


def address(given: str, *, well: bool) -> str:
    """Where to ping: as given while all is well, else its `/fail`, as healthchecks.io and its kin have it."""
    if well:
        return given
    parts = urlsplit(given)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))


def ping(given: str, *, well: bool) -> bool:
    """Tell the switch how the clock is; whether it took it: a redirect is followed nowhere, so nobody was told there.

    Its silence stops nothing here.
    """
    try:
        with bounded_session(1) as session:
            answer = exchange(session, "GET", address(given, well=well))
    except RequestException as error:
        log.warning("the dead man's switch was not told: %s", type(error).__name__)
        return False
    if answer.status >= 300:
        log.warning("the dead man's switch was not told: it answers %s", answer.status)
    return answer.status < 300
