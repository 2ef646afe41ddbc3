"""The complete record of a fit: what was fitted, to what data, with which versions, and every number."""

import hashlib
import json
import math
import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

FIT_PACKAGES = ("numpy", "scipy", "pandas", "formulaic")
"""What a fit's numbers depend on."""


def data_sha256(frame: pd.DataFrame) -> str:
    """Hash of the analysis rows as CSV, columns by name."""
    text = frame[sorted(frame.columns)].to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def versions(packages: Sequence[str] = FIT_PACKAGES) -> dict[str, str]:
    """Python's version and those of the packages that are installed."""
    installed = {"python": platform.python_version()}
    for name in packages:
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


def plain(value: Any) -> Any:
    """JSON's own types; not-a-number becomes null, infinity the word."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return (
            number
            if math.isfinite(number)
            else None
            if math.isnan(number)
            else "Infinity"
            if number > 0
            else "-Infinity"
        )
    return value if value is None else str(value)


def to_json(record: dict[str, Any]) -> str:
    """The record as JSON, not-a-number as null; the same record gives the same text."""
    return json.dumps(plain(record), indent=1, ensure_ascii=False, allow_nan=False)
