"""The answers and own weights in the page's address: a reload, a bookmark or a link brings them back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress

import streamlit as st

from assistant.advice.own_weights import own_weights, weighted
from assistant.conversation.interview import Interview
from assistant.errors import InvalidInput
from assistant.project import FIELDS
from knowledge.load import load

WEIGHTS = "weights"

# Digits after the point of a weight of up to 10: more would make a long address and no other answer.
WEIGHT_DIGITS = 3


def replace_in_address(own: Collection[str], values: Mapping[str, str]) -> None:
    """Let the address have these values of the parameters that are one's `own`, and leave all others as they are."""
    now = st.query_params.to_dict()
    wanted = {name: value for name, value in now.items() if name not in own} | dict(values)
    if wanted != now:
        st.query_params.from_dict(wanted)


def keep_answers(interview: Interview) -> None:
    """Write what was answered or passed over into the address, and the weights that the person set."""
    replace_in_address((*FIELDS, WEIGHTS), in_address(interview))


def in_address(interview: Interview) -> dict[str, str]:
    """What was answered, passed over or weighed, as parameters: words as they are, anything else as JSON."""
    given = {line.id: line.value for line in interview.settled if not line.detected}
    if own := own_weights(interview.knowledge):
        given[WEIGHTS] = {criterion: round(weight, WEIGHT_DIGITS) for criterion, weight in own.items()}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def with_kept_answers(interview: Interview) -> Interview:
    """The interview with what stands in the address; what is no answer or weight, by mistake or on purpose, is left
    out.
    """
    for name, text in st.query_params.to_dict().items():
        if name in interview.knowledge.questions:
            interview = _with_answer(interview, name, text)
    return _with_weights(interview, st.query_params.get(WEIGHTS, ""))


def _with_weights(interview: Interview, text: str) -> Interview:
    with suppress(ValueError, RecursionError, InvalidInput):
        own = json.loads(text)
        if isinstance(own, dict):
            return interview.knowing(weighted(load(), own))
    return interview


def _with_answer(interview: Interview, name: str, text: str) -> Interview:
    with suppress(InvalidInput):
        return interview.answer(name, text)
    with suppress(ValueError, RecursionError, InvalidInput):
        value = json.loads(text)
        return interview.answer(name, tuple(value) if isinstance(value, list) else value)
    return interview
