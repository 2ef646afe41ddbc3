"""The way from a specification to a fit that all mixed models share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from app.analysis.covariance.structure import Structure
from app.analysis.design.design import Design
from app.analysis.design.layout import Layout
from app.analysis.errors import AnalysisError, NotConverged, NotEstimable
from app.analysis.fitting.estimation import Prepared, inference_of, prepare
from app.analysis.fitting.inference import METHODS, Method, between_within
from app.analysis.fitting.likelihood import Criterion
from app.analysis.fitting.optimise import Optimum, optimise
from app.analysis.models.from_columns import FromColumns
from app.analysis.results.mixed_result import Attempt, MixedResult
from app.analysis.threads import one_thread

ML_ONLY = "Kenward-Roger is defined for REML only; with reml=False Satterthwaite degrees of freedom were used."


def check_options(df: str, level: float) -> None:
    """Refuse an unknown method and a level outside 0 to 1; raises AnalysisError with what there is."""
    if df not in METHODS:
        raise AnalysisError(f"df={df!r} is unknown; use one of {', '.join(METHODS)}.")
    if not 0 < level < 1:
        raise AnalysisError(f"level={level!r} must lie between 0 and 1, as 0.95 does.")


def search(prepared: Prepared, structure: Structure, reml: bool) -> tuple[Criterion, Optimum]:
    """The optimum under one structure; NotEstimable where there is no proper one."""
    criterion = prepared.criterion(structure, reml)
    optimum = optimise(criterion, structure.starts(prepared.moments))
    if optimum is None:
        raise NotEstimable("no starting value gives a positive definite covariance")
    if optimum.problem:
        raise NotEstimable(optimum.problem)
    return criterion, optimum


class MixedModel(FromColumns, ABC):
    """A model with its data read and reduced; `fit` may be called many times."""

    kind = "mixed model"
    expected = False
    """Whether Kenward-Roger uses the expected information."""

    design: Design
    layout: Layout
    prepared: Prepared
    covariance: str
    subject: str
    visit: str | None
    reml: bool
    arm: str | None = None

    def prepare(self, design: Design, layout: Layout) -> None:
        """Read design and layout, and reduce the data; raises NotEstimable for one subject or an exact fit."""
        self.design, self.layout = design, layout
        if len(layout.subjects) < 2:
            raise NotEstimable(f"{self.subject!r} names one subject only; a mixed model needs several.")
        with one_thread():
            self.prepared = prepare(design, layout)

    @abstractmethod
    def structure(self, covariance: str) -> Structure:
        """The covariance of that name over this layout; NotEstimable where the data cannot carry it."""

    def check_structures(self, fallback: Sequence[str]) -> None:
        """Refuse covariances that this model does not know, also where they might not be needed."""
        if fallback:
            raise AnalysisError(f"{self.kind} has one covariance, that of its random effects; fallback= is for MMRM.")

    def fit(
        self, df: Method = "kenward-roger-linear", fallback: Sequence[str] = (), level: float = 0.95
    ) -> MixedResult:
        """Fit by REML (or ML), trying `covariance`, then each of `fallback`, until one reaches a proper optimum.

        Kenward-Roger needs REML: with ML, Satterthwaite is used and said so. What was tried is recorded in `attempts`.
        Raises NotConverged, with the reason of each, if none does.
        """
        check_options(df, level)
        structures = (self.covariance, *([fallback] if isinstance(fallback, str) else fallback))
        self.check_structures(structures[1:])
        switched = not self.reml and df.startswith("kenward-roger")
        if switched:
            df = "satterthwaite"
        attempts: list[Attempt] = []
        for covariance in structures:
            try:
                with one_thread():
                    criterion, optimum = search(self.prepared, self.structure(covariance), self.reml)
                    result = self.result(covariance, criterion, optimum, df, level)
            except NotEstimable as problem:
                attempts.append(Attempt(covariance, str(problem)))
            else:
                said = (*result.messages, ML_ONLY) if switched else result.messages
                return replace(result, attempts=(*attempts, Attempt(covariance, "converged")), messages=said)
        tried = "; ".join(f"{attempt.covariance}: {attempt.outcome}" for attempt in attempts)
        raise NotConverged(
            f"No covariance could be fitted to {self.design.formula!r} with {len(self.layout.subjects)} subjects "
            f"({tried}). "
            "Name simpler structures in fallback=, as ('toeph', 'ar1h', 'cs')."
        )

    def result(self, covariance: str, criterion: Criterion, optimum: Optimum, df: Method, level: float) -> MixedResult:
        """The frozen result of one optimum, with the inference of `df`."""
        inference = inference_of(self.prepared, criterion, optimum, df, self.expected)
        if df == "between-within":
            inference = replace(inference, coefficient_df=between_within(self.design.X, self.layout.subject))
        return MixedResult(
            design=self.design,
            inference=inference,
            level=level,
            model=self.kind,
            covariance=covariance,
            reml=self.reml,
            subject=self.subject,
            visit=self.visit,
            layout=self.layout,
            prepared=self.prepared,
            criterion=criterion,
            optimum=optimum,
            attempts=(),
            messages=self.messages(optimum),
            arm=self.arm,
        )

    def messages(self, optimum: Optimum) -> tuple[str, ...]:
        """What the result says of rows left out, and of several optima."""
        out = list(self.design.messages)
        if len(optimum.optima) > 1:
            out.append(f"The likelihood has {len(optimum.optima)} optima; the highest was taken.")
        return tuple(out)
