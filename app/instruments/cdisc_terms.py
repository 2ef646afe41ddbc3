"""What CDISC controlled terminology calls a questionnaire and its items."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CdiscItem:
    """The item's terms in CDISC controlled terminology (SDTM QS)."""

    testcd: str
    test: str
    c_code: str


@dataclass(frozen=True, slots=True)
class Cdisc:
    """The instrument in CDISC controlled terminology; the terms hold only for `versions`, if any are named."""

    qscat: str
    c_code: str | None = None
    testcd_codelist: str | None = None
    test_codelist: str | None = None
    qsscat: str | None = None
    versions: tuple[str, ...] = ()

    def applies(self, version: str) -> bool:
        return not self.versions or version in self.versions

    def category(self, version: str) -> str:
        """The QSCAT of that version; of one that the terminology does not know, the sponsor's own term."""
        return self.qscat if self.applies(version) else f"{self.qscat.split(maxsplit=1)[0]} V{version.upper()}"
