"""What an answer is expected to tell, on made-up draws whose information is known, and on the real ones."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.criteria import Situation
from assistant.advice.information import NOTHING, Draws, draw
from assistant.advice.ranking import rank
from assistant.advice.worlds import Column, Worlds, alternatives
from knowledge.load import load
from probes.candidates import FRAMEWORKS

UNMEASURED = Situation({}, steps_per_epoch=100)
COPIES = 500


def made_up(outcome) -> Draws:
    """Two questions, `left` and `right`, with the answers 0 and 1; `outcome` says who wins for both answers."""
    cases = [(left, right) for left, right in product((0, 1), repeat=2) for _ in range(COPIES)]
    codes = np.array(cases).T
    columns = {name: Column((0, 1, None), row) for name, row in zip(("left", "right"), codes, strict=True)}
    winners = np.array([outcome(left, right) for left, right in cases])
    return Draws(Worlds(len(cases), {}, columns), winners)


def test_an_answer_that_decides_between_two_tells_one_bit() -> None:
    draws = made_up(lambda left, _right: left)
    assert draws.expected_bits("left") == pytest.approx(1, abs=0.01)
    assert draws.expected_bits("right") == pytest.approx(0, abs=0.01)
    assert draws.could_change(["left", "right"]) == {"left"}


def test_an_answer_that_decides_only_with_another_is_seen() -> None:
    """Neither tells anything alone: the winner is known when both are."""
    draws = made_up(lambda left, right: int(left != right))
    assert draws.expected_bits("left") == pytest.approx(0, abs=0.01)
    assert draws.could_change(["left", "right"]) == {"left", "right"}


def test_chance_is_not_taken_for_information() -> None:
    generator = np.random.default_rng(0)
    draws = made_up(lambda _left, _right: int(generator.integers(2)))
    assert draws.could_change(["left", "right"]) == frozenset()
    assert draws.expected_bits("left") < 0.005


def test_what_is_not_open_tells_nothing() -> None:
    draws = made_up(lambda left, _right: left)
    assert draws.expected_bits("goal") == 0
    assert draws.could_change(["goal"]) == frozenset()


def test_that_a_question_does_not_matter_is_not_told_by_asking_it() -> None:
    """In half of the worlds it is not asked, and there another one wins: that is not its merit."""
    codes = np.array([0, 1, 2, 2] * COPIES)
    worlds = Worlds(codes.size, {}, {"left": Column((0, 1, None), codes)})
    assert Draws(worlds, (codes == 2).astype(int)).expected_bits("left") == pytest.approx(0, abs=0.01)


def test_where_nothing_can_be_used_nobody_leads_and_no_answer_tells() -> None:
    impossible = {"operating_system": "macos", "accelerator": "nvidia", "task": "image_classification"}
    draws = draw(impossible, UNMEASURED, load(), seed=0, draws=50)
    assert set(draws.winners) == {NOTHING}
    assert (draws.leader, draws.confidence) == (None, 0.0)
    assert draws.expected_bits("goal") == 0
    assert draws.could_change(["goal", "experience"]) == frozenset()


def test_worlds_in_which_nothing_can_be_used_make_the_leader_less_certain() -> None:
    """Whether anything is left depends on an answer: that is worth asking."""
    draws = made_up(lambda left, _right: 4 if left else NOTHING)
    assert (draws.leader, draws.confidence) == (FRAMEWORKS[4], 0.5)
    assert draws.expected_bits("left") == pytest.approx(1, abs=0.01)
    assert draws.could_change(["left", "right"]) == {"left"}


QUESTIONS = [question for question in load().questions.values() if question.kind == "choice"]


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_worlds_with_an_answer_are_what_is_drawn_once_it_is_given(data) -> None:
    """The share of the leader among the worlds with an answer is the one after a new draw with it."""
    said = {"task": "image_classification"}
    question = data.draw(st.sampled_from([question for question in QUESTIONS if question.id not in said]))
    draws = draw(said, UNMEASURED, load(), seed=1, draws=10_000)
    column = draws.worlds.columns[question.id]
    place = data.draw(st.sampled_from([index for index, value in enumerate(column.values) if value is not None]))
    with_answer = draws.winners[column.codes == place]
    again = rank({**said, question.id: column.values[place]}, UNMEASURED, load(), seed=2, draws=3_000)
    split = np.bincount(with_answer, minlength=len(FRAMEWORKS)) / with_answer.size
    noise = 4 * np.sqrt(0.25 / with_answer.size + 0.25 / 3_000)
    # The answers that never go together are drawn in another order when one of them is known.
    assert abs(split - again.frameworks).max() < noise + 0.03


@settings(max_examples=10, deadline=None)
@given(task=st.sampled_from(alternatives(load().question("task"), {})))
def test_no_answer_tells_more_than_is_unknown(task) -> None:
    draws = draw({"task": task}, UNMEASURED, load(), seed=0, draws=2_000)
    shares = np.bincount(draws.winners) / draws.winners.size
    unknown = -sum(share * np.log2(share) for share in shares if share)
    told = [draws.expected_bits(field) for field in draws.worlds.columns]
    assert all(0 <= bits <= unknown + 0.01 for bits in told)
    assert max(told) > 0.05
