"""Three times side by side: this machine's, the database's, the provider's. Who differs is noted; somebody is told.

So are the keys of this process beside those that others were started with.
"""

import logging
import os
import socket
from datetime import datetime, timedelta

from app.core import newer_keys, one_time
from app.messages.monitoring import process_times
from app.messages.monitoring.rounds import WITHOUT_KEYS

alert = logging.getLogger("svar.alert")


def note(ahead: timedelta, ahead_of_provider: timedelta | None, now: datetime) -> None:
    """Note, for readiness, how far this machine is ahead of the database, and that of the provider if it says."""
    process_times.note(process_times.name_of(socket.gethostname(), os.getpid()), ahead, now)
    if ahead_of_provider is not None:
        process_times.note(process_times.PROVIDER, -ahead_of_provider, now)
    if one_time.is_off(ahead):
        difference = one_time.in_words(ahead)
        alert.error("this machine's time is %s the database's: nothing leaves, is exported or expires", difference)
    elif ahead_of_provider is not None and one_time.is_off(ahead_of_provider):
        difference = one_time.in_words(ahead_of_provider)
        alert.error("our time is %s the provider's: nothing leaves, is exported or expires", difference)
    lacking = newer_keys.complaint()
    if lacking:
        alert.error("%s Until then it sends and hears nothing.", lacking)


def lacks_keys(job: str) -> bool:
    """Whether this process lacks a key that the job may need: others do it until this one was started again."""
    return job not in WITHOUT_KEYS and bool(newer_keys.newer())
