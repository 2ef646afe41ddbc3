"""Which people of Today an address asks for: of one site, of one part of the list, hers or nobody's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from app.accounts.models import User
from app.responses.urgency import Turn
from app.responses.waiting import WhomToCall
from app.studies.access import Scope
from app.studies.models import Site
from app.web.desk.unknown_filters import not_known


class Part(StrEnum):
    """The parts of Today, as an address names them."""

    NOW = "now"
    TODAY = "today"
    THIS_WEEK = "this week"
    TO_READ = "to read"

    @property
    def turn(self) -> Turn:
        return Turn[self.name]


class OwnedBy(StrEnum):
    """Who takes care of them."""

    MINE = "mine"
    NOBODY = "nobody's"


FILTERS = ("site", "part", "whose")
BESIDE = ("page", "tick", "resumed")
"""What an address may carry beside them."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for, what of it the list does not know, and what is kept from page to page."""

    scope: Scope
    whom: WhomToCall
    kept: Mapping[str, str]
    unknown: tuple[str, ...]


def asked_of_today(sent: Mapping[str, str], scope: Scope, mine: Iterable[Site], by: User) -> Asked:
    """Read the address. What the list does not know narrows nothing, and is told."""
    ids = {site.code: site.id for site in mine}
    choices: dict[str, set[str]] = {"site": set(ids), "part": set(Part), "whose": set(OwnedBy)}
    kept = {name: sent[name] for name in FILTERS if sent.get(name) and sent[name] in choices[name]}
    whom = WhomToCall(
        turn=Part(kept["part"]).turn if "part" in kept else None,
        of_user=by.id if kept.get("whose") == OwnedBy.MINE else None,
        of_nobody=kept.get("whose") == OwnedBy.NOBODY,
    )
    if "site" in kept:
        scope = replace(scope, site_ids=(ids[kept["site"]],))
    return Asked(scope, whom, kept, tuple(not_known(sent, choices, BESIDE)))
