from __future__ import annotations

from datetime import date
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.own_weights import LARGEST, importance, knowing, weighted
from assistant.advice.ranking import weights
from assistant.advice.recommend import recommend
from assistant.advice.worlds import certain
from assistant.errors import InvalidInput
from assistant.project import Project, read_project
from assistant.record.content import decision_record
from assistant.record.document import Code
from knowledge.load import load
from knowledge.vocabulary import CRITERIA

EQUAL = dict.fromkeys(CRITERIA, 5.0)
PHOTOS = Project(task="image_classification", experience="beginner", goal="learning")


def test_the_weights_of_the_answers_set_as_own_change_nothing() -> None:
    own = importance(load(), PHOTOS.answers)
    assert max(own.values()) == LARGEST
    ours, theirs = (weights(certain(PHOTOS.answers), each) for each in (load(), weighted(load(), own)))
    assert ours == pytest.approx(theirs)


def test_own_weights_hold_whatever_the_answers() -> None:
    own = weighted(load(), EQUAL)
    for answers in ({}, PHOTOS.answers, {"deployment": "microcontroller"}):
        assert weights(certain(answers), own) == pytest.approx(1 / len(CRITERIA))


def test_they_decide_and_the_reasons_say_whose_they_are() -> None:
    own = weighted(load(), {**dict.fromkeys(CRITERIA, 0.0), "pretrained_models": 8.0})
    by_rules, by_person = recommend(PHOTOS), recommend(PHOTOS, knowledge=own)
    assert by_rules.winner
    assert by_person.winner
    assert (by_rules.winner.framework, by_person.winner.framework) == ("keras", "pytorch")
    assert ", which you gave this weight: " in by_person.reasons[0].text


def test_a_weight_of_zero_is_none() -> None:
    own = weighted(load(), {**dict.fromkeys(CRITERIA, 0.0), "longevity": 1.0})
    assert weights(certain({}), own)[:, 0].tolist() == [float(name == "longevity") for name in CRITERIA]


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(1e-4, 1), zeros=st.sets(st.sampled_from(CRITERIA), max_size=len(CRITERIA) - 1))
def test_scaling_all_of_them_changes_nothing(factor, zeros) -> None:
    own = {name: 0 if name in zeros else 1 + place % 4 for place, name in enumerate(CRITERIA)}
    scaled = {criterion: weight * factor for criterion, weight in own.items()}
    first, second = (recommend(PHOTOS, knowledge=weighted(load(), each)) for each in (own, scaled))
    assert first.frameworks == pytest.approx(second.frameworks)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {**EQUAL, "taste": 3.0},
        {**EQUAL, "longevity": -1.0},
        {**EQUAL, "longevity": LARGEST + 1},
        {**EQUAL, "longevity": nan},
        dict.fromkeys(CRITERIA, 0.0),
    ],
    ids=["none", "an unknown one", "below 0", "too large", "no number", "all 0"],
)
def test_weights_that_are_none_are_refused(own) -> None:
    with pytest.raises(InvalidInput):
        weighted(load(), own)


def test_weights_are_told_with_the_recommendation_and_again_by_its_record(tmp_path) -> None:
    own = {criterion: float(place) for place, criterion in enumerate(CRITERIA)}
    advice = recommend(PHOTOS, knowledge=weighted(load(), own))
    assert advice.own_weights == own
    assert recommend(PHOTOS).own_weights == {}
    document = decision_record(PHOTOS, advice, None, machine=None, made_on=date(2026, 11, 21))
    (toml, _command) = (block for block in document.sections[-1].blocks if isinstance(block, Code))
    path = tmp_path / "project.toml"
    path.write_text("\n".join(toml.lines), encoding="utf-8")
    told = read_project(path)
    assert told.project == PHOTOS
    assert recommend(told.project, knowledge=knowing(told.weights)) == advice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weights = 3", r"weights is 3; expected a table"),
        ("[weights]\nspeed = 3", "Got weights for speed; expected one for each of"),
        ("[weights]\n" + "\n".join(f'{criterion} = "much"' for criterion in CRITERIA), "is much; expected 0 to 10"),
    ],
)
def test_weights_in_a_project_file_are_checked(tmp_path, text, expected) -> None:
    path = tmp_path / "project.toml"
    path.write_text(f'task = "image_classification"\n{text}', encoding="utf-8")
    with pytest.raises(InvalidInput, match=expected):
        knowing(read_project(path).weights)
