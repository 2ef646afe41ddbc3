"""The reference fits: data, the model that R fitted, and R's numbers (see reference/README.md)."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import CLDA, LMM, MMRM
from app.analysis.distributions import Array

HERE = Path(__file__).parent / "reference"
ELSEWHERE = Path(
    os.environ.get("SVAR_REFERENCE", Path(__file__).parents[2].parent / "shared" / "reference" / "mixed_models")
)
SUBJECT = {"sim_a": "id", "sleepstudy": "Subject", "fev_data": "USUBJID"}
VISIT = {"sim_a": "visit", "sleepstudy": "DayF", "fev_data": "AVISIT"}


def folder(name: str) -> Path:
    return HERE if (HERE / f"{name}.csv").exists() else ELSEWHERE


@cache
def expected(name: str) -> dict[str, Any]:
    """The whole file of expected values; the test is skipped where the data set may not be shipped and is absent."""
    path = folder(name) / f"{name}.expected.json"
    if not path.exists():
        pytest.skip(f"{name} is not shipped with this repository; set SVAR_REFERENCE to the folder that holds it")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


@cache
def data(name: str) -> pd.DataFrame:
    levels = expected(name)["meta"].get("levels", {})
    frame = pd.read_csv(folder(name) / f"{name}.csv")
    for column, order in levels.items():
        frame[column] = pd.Categorical(frame[column], categories=order)
    return frame


@dataclass(frozen=True)
class Reference:
    """One fit of R."""

    name: str
    key: str

    @property
    def values(self) -> Mapping[str, Any]:
        values: Mapping[str, Any] = expected(self.name)["fits"][self.key]
        return values

    @property
    def lme4(self) -> bool:
        """Whether lme4 fitted it: the random-intercept (and slope) models; known without the file, to collect tests."""
        return self.key.endswith(("ri", "ris"))

    def model(self) -> MMRM | LMM:
        """Our specification of the same model."""
        formula, frame = self.values["formula"], self.frame()
        fixed = re.sub(r"\s*\+\s*(\w+\(.*\)|\(.*\))$", "", formula)
        names: dict[str, Any] = {"subject": SUBJECT[self.name], "visit": VISIT[self.name]}
        if self.lme4:
            return LMM(fixed, frame, slope="Days" if self.key == "ris" else None, **names)
        covariance, group = re.findall(r"\+ (\w+)\(\w+ \| (?:(\w+)/)?", formula)[0]
        if self.key.startswith("clda"):
            return CLDA(
                "odi", frame, arm="arm", baseline="baseline", covariates=("site",), covariance=covariance, **names
            )
        return MMRM(
            fixed, frame, covariance=covariance, cov_by=group or None, reml=self.values.get("reml", True), **names
        )

    def frame(self) -> pd.DataFrame:
        frame = data(self.name)
        if self.key.startswith("mmrm"):
            return frame[frame["visit"] != "baseline"]
        if self.key == "us_days0_4":
            return frame[frame["Days"] <= 4]
        if self.key == "clda_ri":
            treated = frame["arm"] == "Infliximab"
            cells = {f"ifx_{v}": (treated & (frame["visit"] == v)).astype(float) for v in ("m03", "m05", "m09")}
            return frame.assign(**cells)
        return frame

    def order(self, names: tuple[str, ...]) -> list[int]:
        """Where each of R's coefficients stands among ours."""
        ours = [frozenset(name.split(":")) for name in names]
        return [ours.index(self._ours(name, names)) for name in self.values["coef_names"]]

    def _ours(self, name: str, names: tuple[str, ...]) -> frozenset[str]:
        if name == "(Intercept)":
            return frozenset(["Intercept"])
        if name.startswith("ifx_") and name not in names:
            return frozenset(["arm[T.Infliximab]", f"visit[T.{name[4:]}]"])
        factors = list(expected(self.name)["meta"].get("levels", {}))
        return frozenset(_coded(part, factors) for part in name.split(":"))

    def contrasts(self, order: list[int]) -> Array:
        """R's contrast rows in the order of our coefficients."""
        rows = np.asarray(self.values["L"], float)
        ours = np.zeros_like(rows)
        ours[:, order] = rows
        return ours


def _coded(part: str, factors: list[str]) -> str:
    owner = max((factor for factor in factors if part.startswith(factor)), key=len, default=None)
    return part if owner is None or part == owner else f"{owner}[T.{part[len(owner) :]}]"


SLEEP = ("toep", "ar1", "ar1h", "cs", "csh", "ad", "us_days0_4", "ri", "ris")
FEV = ("us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh", "us_ml", "us_by_arm", "ri")
SIM_A = (
    *("lmm_ri", "clda_us", "clda_toeph", "clda_ar1h", "clda_cs", "clda_ri", "mmrm_us", "mmrm_toep", "mmrm_toeph"),
    *("mmrm_ar1", "mmrm_ar1h", "mmrm_cs", "mmrm_csh", "mmrm_ad", "mmrm_adh", "mmrm_us_by_arm", "mmrm_ri"),
)
REFERENCES = [
    *(Reference("sim_a", key) for key in SIM_A),
    *(Reference("sleepstudy", key) for key in SLEEP),
    *(Reference("fev_data", key) for key in FEV),
]
METHODS = {
    "satterthwaite": "satterthwaite",
    "kenward-roger": "kenward_roger",
    "kenward-roger-linear": "kenward_roger_linear",
}
