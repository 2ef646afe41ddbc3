"""The program is loaded quickly: without looking for garbage, as there is none yet and the looking takes a sixth of the
time, and without what a library loads in case somebody wants it, and we do not.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNWANTED = ("authlib.integrations.flask_client", "twilio.rest")
"""By these Flask-Security would sign in by other services and send codes. We ask identity providers ourselves
(`accounts.oidc`), and load what speaks to Twilio where it is spoken to."""


@contextmanager
def without_sweeping() -> Iterator[None]:
    """Throw nothing away meanwhile; whoever had the sweeping switched off finds it so."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


@contextmanager
def without_wishes() -> Iterator[None]:
    """Let libraries find none of `UNWANTED` meanwhile, as where it is not installed; whoever loaded it has it."""
    hidden = [name for name in UNWANTED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
