"""The ledger's rows: which are listed, how they are counted, and whose results stand beside them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from rich.console import Console

from assistant import moments
from assistant.claims import saved
from assistant.claims.listing import VERDICTS, Filter, checked_filter, cited, counts, matching, matching_facts, rows
from assistant.claims.records import CheckResult, Repeat
from assistant.claims.words import when_checked
from assistant.errors import InvalidInput
from assistant.terminal import claim_rows
from knowledge.load import load
from tests.assistant.claim_records import CHECKED_AT, LATER, comparison, decided, ledger

KNOWLEDGE = load()
ALL = tuple(KNOWLEDGE.claims.values())
CHECKED = [claim.id for claim in ALL if claim.check]


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))


def test_an_empty_filter_lists_every_claim_in_the_order_of_the_files() -> None:
    assert matching(KNOWLEDGE, Filter()) == ALL


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (Filter(verdict="outdated"), lambda claim: claim.verdict == "outdated"),
        (Filter(framework="keras"), lambda claim: "keras" in claim.frameworks),
        (Filter(dimension="speed"), lambda claim: claim.dimension == "speed"),
        (
            Filter(verdict="wrong", framework="keras"),
            lambda claim: claim.verdict == "wrong" and "keras" in claim.frameworks,
        ),
    ],
    ids=["verdict", "framework", "dimension", "two at once"],
)
def test_a_filter_lists_what_it_says_and_nothing_else(wanted, admitted) -> None:
    listed = matching(KNOWLEDGE, wanted)
    assert listed
    assert listed == tuple(claim for claim in ALL if admitted(claim))


@pytest.mark.parametrize("text", ["Sessions are gone", "sessions ARE gone", "TFDBG", "gone tfdbg sessions"])
def test_the_search_looks_for_every_word_in_the_claim_and_in_what_is_true_whatever_the_case(text) -> None:
    listed = matching(KNOWLEDGE, Filter(text=text))
    assert "tfdbg-sessions" in {claim.id for claim in listed}
    assert len(listed) < len(ALL)


def test_what_no_claim_says_lists_nothing() -> None:
    assert matching(KNOWLEDGE, Filter(text="[.*")) == ()


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (Filter(), lambda fact, framework: True),
        (Filter(verdict="wrong"), lambda fact, framework: True),
        (Filter(framework="jax"), lambda fact, framework: framework == "jax"),
        (Filter(dimension="licence"), lambda fact, framework: fact.dimension == "licence"),
        (Filter(text="WINDOWS wsl2"), lambda fact, framework: {"windows", "wsl2"} <= words(fact.statement)),
    ],
    ids=["all", "no verdict", "framework", "dimension", "text"],
)
def test_facts_pass_the_same_filter(wanted, admitted) -> None:
    listed = matching_facts(KNOWLEDGE, wanted)
    assert listed
    frameworks = KNOWLEDGE.framework_of_fact
    assert listed == tuple(fact for fact in KNOWLEDGE.facts.values() if admitted(fact, frameworks[fact.id]))


def words(statement: str) -> set[str]:
    return set(re.findall(r"\w+", statement.casefold()))


def test_every_licence_is_a_fact_with_its_source() -> None:
    licences = matching_facts(KNOWLEDGE, Filter(dimension="licence"))
    assert {KNOWLEDGE.framework_of_fact[fact.id] for fact in licences} == set(KNOWLEDGE.frameworks)
    assert all(cited(KNOWLEDGE, fact) for fact in licences)


@pytest.mark.parametrize("part", ["verdict", "framework", "dimension"])
def test_an_unknown_value_is_refused_with_those_that_are_known(part) -> None:
    with pytest.raises(InvalidInput, match=f"Unknown {part} 'nonsense'; expected one of .*, "):
        checked_filter(KNOWLEDGE, **{part: "nonsense"})


def test_a_search_is_trimmed_and_bounded() -> None:
    assert checked_filter(KNOWLEDGE, text="  slow ").text == "slow"
    assert len(checked_filter(KNOWLEDGE, text="x" * 10_000).text) == 200


def test_the_counts_name_every_verdict_and_add_up() -> None:
    tally = counts(ALL)
    assert tuple(tally) == VERDICTS
    assert sum(tally.values()) == len(ALL)
    assert counts(()) == dict.fromkeys(VERDICTS, 0)


def test_a_row_carries_its_sources_in_full_and_none_for_a_package() -> None:
    for claim, row in zip(ALL, rows(KNOWLEDGE, ALL, None), strict=True):
        assert [source.id for source in row.sources] == list(claim.sources)
        for source in row.sources:
            known = KNOWLEDGE.source(source.id)
            assert source.address == (str(known.address) if known.address else None)


def test_a_result_stands_beside_its_claim_and_says_what_it_means() -> None:
    claim = KNOWLEDGE.claim(CHECKED[0])
    assert claim.check is not None
    (row,) = rows(KNOWLEDGE, [claim], ledger(decided(claim.id, "does not hold here")))
    assert row.check is not None
    assert row.check.meaning == claim.check.if_not
    (row,) = rows(KNOWLEDGE, [claim], ledger(decided(claim.id, None, problem="It failed.")))
    assert row.check is not None
    assert row.check.meaning is None


def test_what_was_not_checked_has_no_result_but_says_whether_it_can_be() -> None:
    assert {row.id for row in rows(KNOWLEDGE, ALL, None) if row.checkable} == set(CHECKED)
    assert all(row.check is None for row in rows(KNOWLEDGE, ALL, None))


def test_a_saved_ledger_is_read_again() -> None:
    assert saved.last() is None
    assert saved.save(ledger(decided("a"))) is None
    assert saved.last() == ledger(decided("a"))


def test_what_is_checked_later_is_added_and_replaces_the_same_claim() -> None:
    saved.save(ledger(decided("a"), decided("b")))
    saved.save(ledger(decided("b", "does not hold here"), decided("c")))
    kept = saved.last()
    assert kept is not None
    assert {result.claim: result.outcome for result in kept.results} == {
        "a": "holds here",
        "b": "does not hold here",
        "c": "holds here",
    }


def test_a_run_that_decides_nothing_unsettles_nothing() -> None:
    saved.save(ledger(decided("a"), decided("b", None, problem="It failed.")))
    in_vain = {"checked_at": LATER, "undecided": "disturbed"}
    saved.save(
        ledger(decided("a", None, problem="Others.", **in_vain), decided("b", None, problem="Still.", **in_vain))
    )
    kept = saved.last()
    assert kept is not None
    assert [(result.claim, result.outcome, result.problem) for result in kept.results] == [
        ("a", "holds here", None),
        ("b", None, "Still."),
    ]


def test_a_repeat_in_vain_is_kept_beside_the_outcome_and_forgotten_once_another_decides() -> None:
    saved.save(ledger(decided("a")))
    saved.save(ledger(decided("a", None, checked_at=LATER, undecided="disturbed", problem="Others were busy.")))
    (kept,) = saved.last().results
    assert (kept.outcome, kept.checked_at) == ("holds here", CHECKED_AT)
    assert kept.repeat == Repeat(checked_at=LATER, undecided="disturbed", problem="Others were busy.")
    saved.save(ledger(decided("a", "does not hold here", checked_at=LATER)))
    (kept,) = saved.last().results
    assert (kept.outcome, kept.checked_at, kept.repeat) == ("does not hold here", LATER, None)


def test_what_was_found_earlier_does_not_replace_what_was_decided_since() -> None:
    """A page that is still open merges what it once found with what the command line has saved since."""
    since = ledger(decided("a", "does not hold here", checked_at=LATER))
    assert saved.merged(since, ledger(decided("a"))).results == since.results


@pytest.mark.parametrize(
    ("repeat", "sentence"),
    [
        ({"undecided": "disturbed"}, "A repeat today at 09:30 was disturbed by other processes."),
        ({"undecided": "not reached"}, "For a repeat today at 09:30 the time was too short."),
        ({"undecided": "failed", "problem": "It ran out."}, "A repeat today at 09:30 failed: It ran out."),
    ],
)
def test_a_repeat_in_vain_is_told_after_the_check_that_counts(repeat, sentence) -> None:
    check = decided("a", repeat={"checked_at": LATER, "problem": "So it was.", **repeat})
    told = when_checked(check, UTC, datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert told == ("Decided yesterday at 07:05.", sentence)


def test_what_decided_nothing_was_only_tried() -> None:
    told = when_checked(decided("a", None), UTC, datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert told == ("Tried yesterday at 07:05.",)


@pytest.mark.parametrize(
    "changes", [{"outcome": None}, {"undecided": "failed"}, {"outcome": None, "undecided": "failed"}]
)
def test_a_result_is_decided_or_says_why_not(changes) -> None:
    with pytest.raises(ValidationError, match="either an outcome or why there is none"):
        CheckResult(**{"claim": "a", "outcome": "holds here", "checked_at": LATER, **changes})


@pytest.mark.parametrize(
    "changes", [{"fingerprint": "f" * 16}, {"versions": {"torch": "1.0.0"}}], ids=["machine", "versions"]
)
def test_the_results_of_another_machine_or_other_versions_are_not_shown(changes) -> None:
    saved.save(ledger(decided("a"), **changes))
    assert saved.last() is None
    saved.save(ledger(decided("b")))
    kept = saved.last()
    assert kept is not None
    assert [result.claim for result in kept.results] == ["b"]


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path) -> None:
    saved.save(ledger(decided("a")))
    (tmp_path / "claims.json").write_text('{"results": 3', encoding="utf-8")
    assert saved.last() is None


def test_a_home_that_cannot_be_written_is_told(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "file"))
    problem = saved.save(ledger(decided("a")))
    assert problem is not None
    assert "cannot be kept" in problem


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_names_what_is_compared_and_says_since_when_and_from_where(width) -> None:
    claim = KNOWLEDGE.claim("keras-slowest")
    compared = (comparison("tensorflow-graph", 1.62, 1.4, 1.8), comparison("jax-jit", 2.4, 2.3, 2.5))
    check = decided(claim.id, figure=1.62, low=1.4, high=1.8, comparisons=compared)
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(claim_rows(rows(KNOWLEDGE, [claim], ledger(check))))
    lines = console.export_text().splitlines()
    told = " ".join(" ".join(lines).split())
    assert f"holds here. {claim.check.if_holds}" in told
    assert "Keras, on TensorFlow: time of a training step, compared with" in told
    assert "TensorFlow, as a graph (tf.function): 1.6 times (1.4 to 1.8)" in told
    assert "JAX, compiled with jax.jit, trained with Optax: 2.4 times (2.3 to 2.5)" in told
    assert "Dense network" in told
    assert f"Checked on {moments.day(claim.checked)}." in told
    assert all(KNOWLEDGE.source(source).title in told for source in claim.sources)
    assert all(len(line) <= width for line in lines)
    under_the_claim = lines[next(place for place, line in enumerate(lines) if "It depends on" in line) : -1]
    assert all(line.startswith("    ") for line in under_the_claim), "what is wrapped stays under its claim"


def test_the_terminal_tells_when_it_was_decided_and_of_a_repeat_in_vain() -> None:
    claim = KNOWLEDGE.claim(CHECKED[0])
    repeat = {"checked_at": LATER, "undecided": "disturbed", "problem": "Others."}
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(claim_rows(rows(KNOWLEDGE, [claim], ledger(decided(claim.id, repeat=repeat)))))
    lines = [line.strip() for line in console.export_text().splitlines()]
    assert any(line.startswith("Decided ") for line in lines)
    assert any(line.startswith("A repeat ") and line.endswith("was disturbed by other processes.") for line in lines)
