"""The events that Svar knows by name: enrolment, which dates itself, and randomisation. Others are the study's own."""

from datetime import time

from app.studies.protocol.visits import Texts

ENROLMENT = "enrolment"
"""The event that every protocol of format 2 has, and that dates itself."""
ENROLLED: Texts = {"en": "Enrolment", "nb": "Inkludering", "nn": "Inkludering", "sv": "Inklusion", "da": "Inklusion"}
RANDOMISATION = "randomisation"
"""The event whose day is exported as that of randomisation. Format 1 has it though no file names it."""
RANDOMISED: Texts = {
    "en": "Randomised",
    "nb": "Randomisert",
    "nn": "Randomisert",
    "sv": "Randomiserad",
    "da": "Randomiseret",
}
RANDOMISED_AT = time(12)
"""Where the day alone is noted, it counts as having happened then."""
