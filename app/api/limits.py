"""So many requests a minute has each token; who asks more often is told when to come back.

Each process counts for itself, in memory: the limit keeps one program that runs wild from being a load for the others.
"""

import math
import time

from flask import Flask, current_app
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.accounts.models import ApiToken
from app.core.problems import TooMany

NAME = "requests of tokens"


def init_app(app: Flask) -> None:
    """Nobody has asked for anything yet."""
    app.extensions[NAME] = MovingWindowRateLimiter(MemoryStorage())


def count_request(token: ApiToken) -> None:
    """Note a request of the token; TooMany, with the seconds until there is room, when there were too many."""
    limiter: MovingWindowRateLimiter = current_app.extensions[NAME]
    limit = RateLimitItemPerMinute(token.per_minute)
    if not limiter.hit(limit, token.prefix):
        wait = math.ceil(limiter.get_window_stats(limit, token.prefix).reset_time - time.time())
        sentence = f"This token may ask {token.per_minute} times a minute. Come back in {max(wait, 1)} seconds."
        raise TooMany(sentence, retry_after=max(wait, 1))
