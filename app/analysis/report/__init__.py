"""The report of a trial: from an exported folder, a plan and an allocation to one self-contained page.

`analyse(snapshot, plan, allocation, out)` does it all; without an allocation the run is blind and every page
says so.
"""

from app.analysis.report.results import Results
from app.analysis.report.run import analyse

__all__ = ["Results", "analyse"]
