"""Why somebody of the staff should act (pure)."""

from enum import StrEnum


class TaskKind(StrEnum):
    """Why a coordinator should act."""

    NUMBER_UNUSABLE = "number unusable"
    NOT_DELIVERED = "not delivered"
    CALL_ME = "call me"
    NOT_ABLE_TODAY = "not able today"
    SAFETY = "safety"
    FREE_TEXT = "free text"
    INBOUND = "message received"
    PIN_LOCKED = "PIN locked"
    WRONG_PERSON = "wrong person"
    TWO_ANSWERS = "two answers"
    TO_JUDGE = "answers to judge"
