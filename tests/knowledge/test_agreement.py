"""Knowledge names fields, candidates and workloads by ids that other packages define: they must agree."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from assistant.errors import InvalidInput
from assistant.project import SCALES, Project
from knowledge.load import load
from knowledge.vocabulary import FIELDS, FRAMEWORK_IDS
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.workloads import REFERENCE


def literals(annotation: Any) -> tuple[str, ...]:
    """Every literal value in an annotation, through unions, tuples and Annotated."""
    origin = get_origin(annotation)
    if origin is Literal:
        return get_args(annotation)
    if origin is Annotated:
        return literals(get_args(annotation)[0])
    if origin in {Union, UnionType, tuple}:
        return tuple(value for part in get_args(annotation) for value in literals(part))
    return ()


def test_the_fields_are_those_of_a_project():
    assert tuple(FIELDS) == tuple(Project.model_fields)


@pytest.mark.parametrize("field", [field for field, definition in FIELDS.items() if definition.values])
def test_the_values_of_a_choice_are_those_of_the_project(field):
    expected = SCALES if field == "model_scale" else literals(Project.model_fields[field].annotation)
    assert FIELDS[field].values == tuple(expected)


@pytest.mark.parametrize("field", [field for field, definition in FIELDS.items() if definition.numeric])
def test_the_largest_number_is_the_same_in_a_project(field):
    largest = int(FIELDS[field].maximum)
    assert Project().with_answer(field, largest).answers == {field: largest}
    with pytest.raises(InvalidInput):
        Project().with_answer(field, largest + 1)


def test_the_frameworks_and_their_candidates_are_those_that_can_be_probed():
    loaded = load()
    assert FRAMEWORK_IDS == FRAMEWORKS
    assert dict(loaded.framework_of) == {candidate.id: candidate.framework for candidate in CANDIDATES}


def test_checks_name_workloads_that_can_be_probed():
    workloads = {getattr(claim.check, "workload", None) for claim in load().claims.values()} - {None}
    assert workloads <= set(REFERENCE)
