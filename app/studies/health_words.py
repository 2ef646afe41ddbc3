"""Words that tell of illness or of a trial, in each language: no text to a patient may hold them (pure).

Each line is stems, written without the marks on their letters, as texts are compared. Those of six letters or more are
found inside other words too. A text may hold no word of its own language, nor of those most written here; a stem of
another language would only find false friends (French "ont", they have, is Swedish for pain).
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache

STEMS = {
    "nb": """
        angst behandling blod deltaker depresjon diagnose dose folkehelse forsøk helse infusjon klinikk korsrygg kreft
        kropp legemiddel legen leger legevakt livskvalitet medikament medisin operasjon pasient pille plager rygg smerte
        studie sykdom sykehus sykemeld symptom terapi vondt
    """,
    "en": """
        anxiety blood cancer clinic depress diagnos disease doctor drug health hospital illness infusion medical medicat
        medicine nurse pain participant patient pills placebo sick spine study surgery therapy treatment trial wellbeing
    """,
    "nn": """
        deltakar depresjon folkehelse forsøk helse lækjar legen legar legevakt livskvalitet operasjon pasient sjuk
        smerte studie sjukdom sjukehus sjukmeld vond vondt
    """,
    "da": """
        deltager folkesundhed forsøg helbred kirurg kræft krop læge lægemiddel livskvalitet medicin ondt operation
        patient piller ryggen rygsmert smerte studie sundhed syg sygdom sygehus symptom sygemeld terapi
    """,
    "sv": """
        cancer deltagar diagnos folkhalsa forsok halsan halso kirurg kropp lakare lakemedel livskvalitet medicin ohalsa
        ont operation patient piller ryggen ryggbesvar ryggont sjuk sjukdom sjukhus sjukskriv smarta smartor smartsam
        smartgrup smartlind smartmott smartrehab studie symtom symptom terapi vardcentral vardgivar varden vark
    """,
    "de": """
        arzt beschwerden blut depress diagnos dosis gesundheit infusion klinik korper krank krankenhaus krankheit krebs
        lebensqualitat medikament medizin operation patient pille probanden schmerz spital studie symptom tablette
        teilnehmer therapie wirbelsaule
    """,
    "fr": """
        angoisse anxiete cancer chirurg clinique corps depress diagnos docteur douleur etude hopita hospita infirmi
        lombalgi malade maladi medecin medica participant pilule placebo sante sang soigna soins souffr symptom therap
        traitement
    """,
}
WORD = re.compile(r"\w+")
EVERYWHERE = ("nb", "en")
"""Their stems count in texts of every language: a word that was forgotten in translation is still one."""


def health_words(text: str, language: str = "") -> Iterator[str]:
    """The words of a text in this language that tell of illness or of a trial, as they are written there."""
    bare = "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)
    for spoken in dict.fromkeys((*EVERYWHERE, language)):
        for pattern in _patterns(spoken):
            yield from _words_with(pattern, bare, text)


def _words_with(stem: re.Pattern[str], bare: str, text: str) -> Iterator[str]:
    """The words in which it is found, each once; whole words are tried only where it is there, so that no text takes
    long."""
    if stem.search(bare) is None:
        return
    for word in WORD.finditer(bare):
        held = stem.search(bare, word.start(), word.end())
        if held is not None:
            yield text[word.start() : word.end()]


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    """Each stem of the language: a long one anywhere in a word, a short one where a word begins."""
    stems = STEMS.get(language, "").split()
    return tuple(re.compile(stem if len(stem) >= 6 else rf"\b{stem}", re.IGNORECASE) for stem in stems)


def without_stems(languages: Collection[str]) -> list[str]:
    """Those of these languages in which no word of illness is known here."""
    return [language for language in languages if language not in STEMS]
