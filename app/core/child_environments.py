"""What other programs are given of our environment: no key, no address and no token, unless it is theirs."""

import os
from collections.abc import Mapping

from app.core.typed_settings import OUR_SETTINGS

HANDED_ON = (
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME",
    "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
)  # fmt: skip
"""All that a program gets which reads and writes files alone, whatever else there is and however it is called."""


def of_files_alone() -> dict[str, str]:
    """The environment of a program that reads and writes files."""
    return {name: os.environ[name] for name in HANDED_ON if name in os.environ} | {"PYTHONUTF8": "1"}


def of_a_tool(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a tool with settings of its own among ours, as PostgreSQL's have: without any of Svar's."""
    return {**{name: text for name, text in os.environ.items() if name not in OUR_SETTINGS}, **given}
