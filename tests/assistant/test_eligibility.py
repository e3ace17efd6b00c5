from __future__ import annotations

from itertools import chain, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.eligibility import answers_to_relax, eligible, exclusions
from assistant.advice.worlds import alternatives, certain, sample
from knowledge.collection import Entry, Knowledge
from knowledge.conditions import Condition
from knowledge.load import load
from probes.candidates import CANDIDATES, FRAMEWORKS


def test_an_exclusion_names_its_rule_the_reason_and_the_fix() -> None:
    excluded = exclusions({"python": "3.14"}, load())
    assert set(excluded) == {"tensorflow-graph", "tensorflow-xla", "keras-tensorflow"}
    found = list(chain.from_iterable(excluded.values()))
    assert all(each.reason and each.fix and each.rule for each in found)
    assert all(set(each.facts) <= set(load().facts) and each.facts and each.source for each in found)


def some_answers() -> st.SearchStrategy[dict[str, object]]:
    """Answers to the questions that some eligibility rule asks about."""
    fields = sorted({field for rule in load().eligibility for field in rule.when.fields})
    values = {field: st.sampled_from(alternatives(load().question(field), {})) for field in fields}
    return st.fixed_dictionaries({}, optional=values)


@settings(max_examples=200, deadline=None)
@given(answers=some_answers())
def test_all_that_stands_in_the_way_is_told(answers) -> None:
    """Without the answers that the told rules name, nothing is left that excludes the candidate."""
    rules = {rule.id: rule for rule in load().eligibility}
    for candidate, found in exclusions(answers, load()).items():
        named = {field for each in found for field in rules[each.rule].when.fields}
        kept = {field: value for field, value in answers.items() if field not in named}
        assert candidate not in exclusions(kept, load())
        assert all(rules[each.rule].when.matches(answers) for each in found)


@settings(max_examples=200, deadline=None)
@given(answers=some_answers())
def test_a_candidate_is_excluded_only_where_other_answers_would_bring_it_back(answers) -> None:
    """One set of answers to what its rules name undoes all of them at once: no two of their fixes contradict."""
    rules = {rule.id: rule for rule in load().eligibility}
    for candidate, found in exclusions(answers, load()).items():
        fields = sorted({field for each in found for field in rules[each.rule].when.fields})
        choices = [alternatives(load().question(field), {}) for field in fields]
        tried = ({**answers, **dict(zip(fields, values, strict=True))} for values in product(*choices))
        assert any(candidate not in exclusions(each, load()) for each in tried)


def test_a_fix_names_no_other_framework() -> None:
    """It brings the excluded one back; the other may be excluded as well."""
    names = {framework.id: framework.name for framework in load().frameworks.values()}
    for rule in load().eligibility:
        own = {*rule.frameworks, *(load().framework_of[candidate] for candidate in rule.candidates)}
        others = [name for framework, name in names.items() if framework not in own]
        assert not any(name in rule.fix for name in others), rule.id


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
