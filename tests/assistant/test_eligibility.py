from __future__ import annotations

import numpy as np

from assistant.advice.eligibility import answers_to_relax, eligible, exclusions
from assistant.advice.worlds import certain, sample
from knowledge.collection import Entry, Knowledge
from knowledge.conditions import Condition
from knowledge.load import load
from probes.candidates import CANDIDATES, FRAMEWORKS


def test_an_exclusion_names_its_rule_the_reason_and_the_fix() -> None:
    excluded = exclusions({"python": "3.14"}, load())
    assert set(excluded) == {"tensorflow-graph", "tensorflow-xla", "keras-tensorflow"}
    assert all(each.reason and each.fix and each.rule for each in excluded.values())
    assert all(set(each.facts) <= set(load().facts) and each.facts and each.source for each in excluded.values())


def test_an_unknown_answer_excludes_nothing() -> None:
    assert exclusions({}, load()) == {}


def test_the_rules_say_the_same_one_by_one_and_over_all_worlds() -> None:
    answers = {"operating_system": "windows", "accelerator": "nvidia", "task": "image_classification"}
    usable = eligible(certain(answers), load())[:, 0]
    assert {candidate.id for candidate, can in zip(CANDIDATES, usable, strict=True) if not can} == set(
        exclusions(answers, load())
    )


def test_sampled_answers_exclude_in_the_worlds_where_they_hold() -> None:
    worlds = sample({"operating_system": "linux"}, load(), 2_000, seed=0)
    usable = eligible(worlds, load())
    column = worlds.columns["python"]
    newest = np.isin(column.codes, [column.values.index(version) for version in ("3.14", "3.15")])
    graph = [candidate.id for candidate in CANDIDATES].index("tensorflow-graph")
    apple = worlds.columns["accelerator"]
    other = np.isin(apple.codes, [apple.values.index(kind) for kind in ("none", "nvidia")])
    assert not usable[graph, newest].any()
    assert usable[graph, ~newest & other].all()


def test_when_nothing_is_left_the_answers_to_relax_are_named() -> None:
    answers = {"operating_system": "macos", "accelerator": "nvidia", "task": "image_classification"}
    assert len(exclusions(answers, load())) == len(CANDIDATES)
    relaxation = answers_to_relax(answers, load())
    assert not relaxation.together
    for field in relaxation.fields:
        kept = {name: value for name, value in answers.items() if name != field}
        assert len(exclusions(kept, load())) < len(CANDIDATES)
    assert {"operating_system", "accelerator"} <= set(relaxation.fields)


def test_answers_that_only_together_let_something_fit_are_told_as_that() -> None:
    mac, phone = (
        rule.model_copy(update={"when": Condition.model_validate(when), "frameworks": FRAMEWORKS, "candidates": ()})
        for rule, when in zip(
            load().eligibility, ({"operating_system": ["macos"]}, {"deployment": ["mobile"]}), strict=False
        )
    )
    entries = tuple(entry for entry in load().entries if entry.table != "eligibility")
    strict = Knowledge((*entries, *(Entry("rules.toml", "eligibility", rule) for rule in (mac, phone))))
    answers = {"operating_system": "macos", "deployment": "mobile", "goal": "product"}
    relaxation = answers_to_relax(answers, strict)
    assert relaxation.together
    assert set(relaxation.fields) == {"operating_system", "deployment"}
    assert exclusions({"goal": "product"}, strict) == {}
