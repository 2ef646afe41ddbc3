"""Guessing links: after twenty that are not ours in a minute, an address is asked to wait.

Real links always open, so a hospital behind one address is never shut out; therefore what is counted is the wrong link
once it is known to be wrong, not the request. Each process counts for itself: 128 bits are the defence, this only keeps
guessers from being a load.
"""

from flask import Flask, Request, current_app

from app.core.networks import one_persons
from app.core.problems import TooMany
from app.core.rates import Minutes

GUESSES = 20
GUESS_MINUTES = "patient guesses"


def init_app(app: Flask) -> None:
    """Nobody has guessed yet."""
    app.extensions[GUESS_MINUTES] = Minutes()


def slow_down_guessing(request: Request) -> None:
    """Note a link that is not ours; TooMany if this address sends many."""
    minutes: Minutes = current_app.extensions[GUESS_MINUTES]
    if minutes.full_until(one_persons(request.remote_addr or ""), GUESSES):
        raise TooMany("That was often. Wait a minute, then try again.", retry_after=60)
