"""Models of trials: MMRM, random intercepts, cLDA, ANCOVA, GLM, GEE, proportional odds, reference-based imputation.

Pure: this package reads data frames and returns values; it imports nothing of the application, neither Flask nor
SQLAlchemy, and loads its own parts at first use (statsmodels with the first GLM).
`docs/statistics.md` holds the formulas, `docs/mixed_models.md` shows the use.

>>> from app.analysis import MMRM
>>> fit = MMRM("chg ~ base*visit + site + arm*visit", data, subject="id", visit="visit").fit()
>>> fit.contrasts("arm", by="visit")
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.analysis.errors import AnalysisError as AnalysisError
    from app.analysis.imputation.imputing import impute as impute
    from app.analysis.models.ancova import ANCOVA as ANCOVA
    from app.analysis.models.clda import CLDA as CLDA
    from app.analysis.models.crossover import Crossover as Crossover
    from app.analysis.models.fit_many import bootstrap_weights as bootstrap_weights
    from app.analysis.models.fit_many import fit_many as fit_many
    from app.analysis.models.generalised import GEE as GEE
    from app.analysis.models.generalised import GLM as GLM
    from app.analysis.models.lmm import LMM as LMM
    from app.analysis.models.mmrm import MMRM as MMRM
    from app.analysis.models.ordinal import ProportionalOdds as ProportionalOdds
    from app.analysis.results.compare import compare as compare
    from app.analysis.trial.power import Assumptions as Assumptions
    from app.analysis.trial.power import conditional_power as conditional_power
    from app.analysis.trial.power import power as power
    from app.analysis.trial.power import sample_size as sample_size

_HOME = {
    "ANCOVA": "models.ancova",
    "CLDA": "models.clda",
    "GEE": "models.generalised",
    "GLM": "models.generalised",
    "LMM": "models.lmm",
    "MMRM": "models.mmrm",
    "ProportionalOdds": "models.ordinal",
    "AnalysisError": "errors",
    "Assumptions": "trial.power",
    "Crossover": "models.crossover",
    "bootstrap_weights": "models.fit_many",
    "compare": "results.compare",
    "conditional_power": "trial.power",
    "fit_many": "models.fit_many",
    "impute": "imputation.imputing",
    "power": "trial.power",
    "sample_size": "trial.power",
}
__all__ = [
    "ANCOVA",
    "CLDA",
    "GEE",
    "GLM",
    "LMM",
    "MMRM",
    "AnalysisError",
    "Assumptions",
    "Crossover",
    "ProportionalOdds",
]
__all__ += ["bootstrap_weights", "compare", "conditional_power", "fit_many", "impute", "power", "sample_size"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value
