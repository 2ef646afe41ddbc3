"""What is common to models whose coefficients are logarithms of ratios."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.analysis.results.asking import Adjust
from app.analysis.results.averages import EXPONENTIATED
from app.analysis.results.kinds import Kind, Named
from app.analysis.results.result import LinearResult


@dataclass(frozen=True)
class LogResult(LinearResult):
    """A fitted model on the scale of the logarithm, or of log odds."""

    def ratios(
        self, factor: str, by: str | None = None, kind: Kind | Named = "vs_reference", adjust: Adjust | None = None
    ) -> pd.DataFrame:
        """`contrasts` exponentiated, without a unit.

        Common odds ratios of a higher level of a proportional odds model, conditional odds ratios of a logistic one,
        else ratios of risks or rates.
        """
        table = self.contrasts(factor, by, kind, adjust=adjust)
        return table.assign(**{name: np.exp(table[name]) for name in EXPONENTIATED})
