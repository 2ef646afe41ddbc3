"""So many requests a minute has each token; who asks more often is told when to come back.

Each process counts for itself, in memory: the limit keeps one program that runs wild from being a load for the others.
"""

import math
import time

from flask import Flask, current_app

from app.accounts.models import ApiToken
from app.core.problems import TooMany
from app.core.rates import Minutes

REQUEST_MINUTES = "requests of tokens"


def init_app(app: Flask) -> None:
    """Nobody has asked for anything yet."""
    app.extensions[REQUEST_MINUTES] = Minutes()


def count_request(token: ApiToken) -> None:
    """Note a request of the token; TooMany, with the seconds until there is room, when there were too many."""
    minutes: Minutes = current_app.extensions[REQUEST_MINUTES]
    full_until = minutes.full_until(token.prefix, token.per_minute)
    if full_until:
        wait = max(1, math.ceil(full_until - time.time()))
        sentence = f"This token may ask {token.per_minute} times a minute. Come back in {wait} seconds."
        raise TooMany(sentence, retry_after=wait)
