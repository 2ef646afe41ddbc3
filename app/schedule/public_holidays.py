"""The days on which no prompt leaves: a site's public holidays, with those that its protocol adds or drops (pure)."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import lru_cache

from app.studies.protocol import Protocol, Sending
from app.studies.protocol.days_off import DaysOff


@lru_cache
def public_holidays(country: str, subdivision: str | None = None) -> Container[date]:
    """The public holidays of any year, in a country or a part of it, worked out when they are asked for."""
    from holidays import country_holidays

    days: Container[date] = country_holidays(country, subdiv=subdivision)
    return days


def holidays_at(protocol: Protocol, site: str) -> Container[date]:
    """The days for whose end a site's texts wait; none where the protocol sends on all days."""
    if not protocol.sending.waits_on_holidays:
        return frozenset()
    place = protocol.place(site)
    return _days_off(place.country, place.subdivision, protocol.sending)


@lru_cache
def _days_off(country: str, subdivision: str | None, sending: Sending) -> Container[date]:
    public = public_holidays(country, subdivision)
    if not sending.holidays_added and not sending.holidays_dropped:
        return public
    return DaysOff(public, frozenset(sending.holidays_added), frozenset(sending.holidays_dropped))
