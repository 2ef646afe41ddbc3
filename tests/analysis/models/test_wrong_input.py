"""Wrong input gets a message that names the column, the rows and the remedy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, LMM, MMRM, AnalysisError, impute
from app.analysis.errors import DataError, NotConverged, NotEstimable
from tests.analysis.trials import FORMULA, trial


def mmrm(frame: pd.DataFrame, formula: str = FORMULA, **options: Any) -> Any:
    return MMRM(formula, frame, subject="id", visit="visit", **options).fit()


def with_value(column: str, value: Any, row: int = 5) -> pd.DataFrame:
    frame = trial().astype({column: object} if isinstance(value, str) else {})
    frame.loc[row, column] = value
    return frame


TABLE: dict[str, tuple[Callable[[], Any], type[AnalysisError], str]] = {
    "duplicate": (
        lambda: mmrm(pd.concat([trial(), trial().dropna().iloc[[7]]], ignore_index=True)),
        DataError,
        r"'id' and 'visit' must name one row, but \d{4} at v\d occurs more than once \(rows \d+, 240\)",
    ),
    "text visits": (
        lambda: mmrm(trial().astype({"visit": str})),
        DataError,
        r"order of the visits in 'visit' is unknown.*v1, v2, v3.*pd.Categorical",
    ),
    "missing visit": (lambda: mmrm(with_value("visit", None)), DataError, "'visit' is missing in row 5"),
    "missing subject": (lambda: mmrm(with_value("id", None)), DataError, "'id' is missing in row 5"),
    "infinite outcome": (lambda: mmrm(with_value("y", np.inf)), DataError, "'y' is infinite in row 5; correct"),
    "infinite covariate": (lambda: mmrm(with_value("base", -np.inf)), DataError, "'base' is infinite in row 5"),
    "text outcome": (lambda: mmrm(with_value("y", "ill")), DataError, r"outcome 'y' is not numeric.*pd.to_numeric"),
    "no outcome at all": (lambda: mmrm(trial().assign(y=np.nan)), DataError, "No row is complete in y"),
    "one level": (
        lambda: mmrm(trial().query("arm == 'P'"), "y ~ base + arm + visit"),
        DataError,
        r"Factor 'arm' has one level \(P\).*leave it out",
    ),
    "unknown column": (
        lambda: mmrm(trial(), "y ~ weight + visit"),
        DataError,
        "Column weight of .* is not in the data",
    ),
    "unknown subject": (
        lambda: MMRM(FORMULA, trial(), subject="pid", visit="visit"),
        DataError,
        r"'pid' \(subject\) is not in the data; it has id",
    ),
    "too few subjects": (
        lambda: mmrm(trial(4), "y ~ visit"),
        NotConverged,
        "us: too few subjects: 4 subjects with .* 10 parameters.*fallback=",
    ),
    "pair never seen": (
        lambda: mmrm(trial(missing=0.0).query("(visit != 'v1') == (id < '0030')"), "y ~ visit"),
        NotConverged,
        "no subject has both v1 and v2",
    ),
    "no outcome in formula": (lambda: mmrm(trial(), "base + visit"), AnalysisError, "needs an outcome"),
    "random part": (
        lambda: LMM("y ~ arm + (1 | site/id)", trial(), subject="id"),
        AnalysisError,
        "random part.*subject='id'",
    ),
    "unknown covariance": (
        lambda: mmrm(trial(), covariance="un"),
        AnalysisError,
        "covariance='un' is unknown.*us, toep",
    ),
    "sp_exp without time": (lambda: mmrm(trial(), covariance="sp_exp"), AnalysisError, "needs time="),
    "unknown df": (
        lambda: MMRM(FORMULA, trial(), subject="id", visit="visit").fit(df="sas"),  # type: ignore[arg-type]
        AnalysisError,
        "df='sas' is unknown",
    ),
    "level": (
        lambda: MMRM(FORMULA, trial(), subject="id", visit="visit").fit(level=95),
        AnalysisError,
        "level=95 must lie between",
    ),
    "group changes": (
        lambda: mmrm(trial().assign(half=lambda d: (np.arange(len(d)) % 2).astype(str)), cov_by="half"),
        DataError,
        "has more than one 'half'",
    ),
    "not a frame": (lambda: ANCOVA("y ~ arm", {"y": [1.0]}), DataError, "must be a pandas DataFrame"),  # type: ignore[arg-type]
    "unordered arm": (
        lambda: mmrm(trial().astype({"arm": str})).contrasts("arm"),
        AnalysisError,
        r"reference of 'arm' is unknown.*A, P.*pd.Categorical",
    ),
    "exact fit": (
        lambda: mmrm(trial().assign(y=lambda d: 2 * d["base"]), "y ~ base + visit"),
        NotEstimable,
        "explains 'y' exactly",
    ),
    "one subject": (lambda: mmrm(trial(1, missing=0.0), "y ~ month"), NotEstimable, "one subject only"),
    "one row each": (
        lambda: LMM("y ~ arm", trial().query("visit == 'v1'"), subject="id"),
        NotEstimable,
        "one row only.*Use ANCOVA",
    ),
    "slope of one time": (
        lambda: LMM("y ~ arm", trial().assign(k=1.0), subject="id", slope="k"),
        DataError,
        "slope='k' has one value only",
    ),
    "text slope": (
        lambda: LMM("y ~ arm", trial(), subject="id", slope="visit"),
        DataError,
        "slope='visit' must be numeric",
    ),
    "cLDA formula": (
        lambda: CLDA("y ~ arm", trial(), subject="id", visit="visit", arm="arm", baseline="v1"),
        AnalysisError,
        "builds its own formula",
    ),
    "cLDA baseline": (
        lambda: CLDA("y", trial(), subject="id", visit="visit", arm="arm", baseline="v0"),
        DataError,
        "baseline='v0' is not a visit",
    ),
    "cLDA arm as covariate": (
        lambda: CLDA("y", trial(), subject="id", visit="visit", arm="arm", baseline="v1", covariates=("arm",)),
        AnalysisError,
        "must not be among the covariates",
    ),
    "cLDA without allocation": (
        lambda: CLDA("y", with_value("arm", None), subject="id", visit="visit", arm="arm", baseline="v1"),
        DataError,
        "'arm' is missing for subject 0001; complete the allocation",
    ),
    "imputation with groups that are not the arms": (
        lambda: impute(MMRM(FORMULA, trial(), subject="id", visit="visit", cov_by="site"), reference="P"),
        AnalysisError,
        "one for each 'arm'",
    ),
    "unknown fallback, though not needed": (
        lambda: MMRM(FORMULA, trial(), subject="id", visit="visit").fit(fallback=("cs", "unn")),
        AnalysisError,
        "covariance='unn' is unknown",
    ),
    "fallback of random effects": (
        lambda: LMM(FORMULA, trial(), subject="id", visit="visit").fit(fallback=("cs",)),
        AnalysisError,
        "fallback= is for MMRM",
    ),
    "complex outcome": (
        lambda: mmrm(trial().assign(y=lambda d: d["y"].astype(complex))),
        DataError,
        r"'y' is not numeric \(complex128",
    ),
    "numeric factor": (
        lambda: mmrm(trial()).contrasts("base"),
        AnalysisError,
        "'base' is numeric; make it categories",
    ),
    "factor named twice": (lambda: mmrm(trial()).emmeans("arm", by="arm"), AnalysisError, "each factor once"),
    "HC3 leverage": (
        lambda: ANCOVA(
            "y ~ site",
            trial(3, 1, seed=4, missing=0)
            .assign(site=lambda d: d["id"].astype("category"))
            .pipe(lambda d: pd.concat([d, d.iloc[:2]], ignore_index=True)),
        ).fit(),
        NotEstimable,
        "Row 2 determines a coefficient alone",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_message(case: str) -> None:
    call, kind, words = TABLE[case]
    with pytest.raises(kind, match=words):
        call()


def test_every_error_is_a_value_error_with_a_full_sentence() -> None:
    for call, _, _ in TABLE.values():
        with pytest.raises(ValueError, match=r"[.?'\])]$"):
            call()
