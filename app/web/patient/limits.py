"""Guessing links: after twenty that are not ours in a minute, an address is asked to wait.

Real links always open, so a hospital behind one address is never shut out; therefore what is counted is the wrong link
once it is known to be wrong, not the request. Each process counts for itself: 128 bits are the defence, this only keeps
guessers from being a load.
"""

from flask import Flask, Request, current_app
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.problems import TooMany

GUESSES = RateLimitItemPerMinute(20)
NAME = "patient guesses"


def init_app(app: Flask) -> None:
    """Nobody has guessed yet."""
    app.extensions[NAME] = MovingWindowRateLimiter(MemoryStorage())


def slow_down_guessing(request: Request) -> None:
    """Note a link that is not ours; TooMany if this address sends many."""
    limiter: MovingWindowRateLimiter = current_app.extensions[NAME]
    if not limiter.hit(GUESSES, request.remote_addr or ""):
        raise TooMany("That was often. Wait a minute, then try again.", retry_after=GUESSES.get_expiry())
