"""The ratios that generalised models have beside their differences, in words; and which p value counts."""

from app.analysis.report.fitted import Fitted
from app.analysis.report.generalised import decides
from app.analysis.report.words import interval, number
from app.analysis.trial.planned import RISKS

MEASURE_WORDS = {
    **{("ratio", model): "risk ratio" for model in RISKS},
    **{("odds ratio", model): "odds ratio" for model in RISKS},
    **{("ratio", model): "rate ratio" for model in ("poisson", "negative-binomial")},
    ("odds ratio", "ordinal"): "odds ratio of a higher level",
}
RATIO = "Ratio"
"""The column of what generalised models have beside the difference."""


def ratio_texts(fit: Fitted, contrast: str, day: int) -> list[str]:
    """Each ratio with its interval, with a star at the one whose p value counts."""
    texts = []
    for measure in dict.fromkeys(fit.ratios["measure"] if len(fit.ratios) else ()):
        own = fit.ratio(day, contrast, measure)
        title, star = MEASURE_WORDS[measure, fit.analysis.model], "*" if measure == decides(fit.analysis) else ""
        texts.append(f"{title} {number(own.estimate, 2)} ({interval(own.lower, own.upper, 2)}){star}")
    return texts
