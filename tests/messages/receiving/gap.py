"""The time that a back-up does not cover."""

from datetime import timedelta

from tests.messages.people import INVITED

SINCE, NOW = INVITED - timedelta(hours=1), INVITED + timedelta(hours=1)
