"""The claims page without a browser: filters, the address, cards and the offer to decide."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant.claims import saved
from assistant.views import checking, measuring
from assistant.views.markdown import WORD_JOINER
from knowledge.claims import RatioCheck, ScriptCheck
from knowledge.load import load
from tests.assistant.claim_records import LATER, comparison, decided, ledger

AT_ONCE = 20
APP = Path(__file__).parents[2] / "assistant" / "app.py"
CLAIMS = load().claims
SCRIPT = next(claim for claim in CLAIMS.values() if isinstance(claim.check, ScriptCheck))
RATIO = next(claim for claim in CLAIMS.values() if isinstance(claim.check, RatioCheck) and claim.check.workload)


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "60")


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for part, value in address.items():
        app.query_params[part] = value
    app.switch_page("views/claims.py").run()
    assert not app.exception
    return app


def statements(app: AppTest) -> list[str]:
    """What the cards that are shown claim."""
    found = (re.search(r"^\*\*(.+)\*\*$", element.value, re.MULTILINE) for element in app.markdown)
    shown = {as_read(match.group(1)) for match in found if match}
    return [claim.statement for claim in CLAIMS.values() if claim.statement in shown]


def words(app: AppTest) -> str:
    return as_read("\n".join(element.value for element in (*app.markdown, *app.caption, *app.warning)))


def as_read(markdown: str) -> str:
    """What a person reads, without the signs that keep it from being taken for Markdown."""
    return markdown.replace("\\", "").replace(WORD_JOINER, "")


def test_it_opens_with_every_claim_counted_and_the_first_of_them() -> None:
    app = opened()
    (verdicts,) = app.get("pills")
    assert verdicts.label == f"{len(CLAIMS)} claims"
    assert sum(int(option.content.split()[-1]) for option in verdicts.proto.options) == len(CLAIMS)
    assert len(statements(app)) == AT_ONCE
    assert f"{AT_ONCE} of {len(CLAIMS)} shown" in words(app)


def test_the_filters_act_together_and_stand_in_the_address() -> None:
    app = opened()
    app.selectbox(key="claims-framework").set_value("pytorch").run()
    app.get("pills")[0].set_value("wrong").run()
    assert not app.exception
    wanted = [
        claim.statement for claim in CLAIMS.values() if claim.verdict == "wrong" and "pytorch" in claim.frameworks
    ]
    assert statements(app) == wanted[:AT_ONCE]
    assert app.query_params == {"framework": "pytorch", "verdict": "wrong"}


def test_the_counts_follow_the_other_filters() -> None:
    app = opened(framework="pytorch")
    (verdicts,) = app.get("pills")
    counted = sum("pytorch" in claim.frameworks for claim in CLAIMS.values())
    assert sum(int(option.content.split()[-1]) for option in verdicts.proto.options) == counted


def test_an_address_opens_the_filtered_view() -> None:
    app = opened(text="sessions", dimension="debugging")
    assert app.text_input(key="claims-text").value == "sessions"
    assert statements(app) == [CLAIMS["tfdbg-sessions"].statement]


def test_more_are_shown_on_request_until_all_are_and_a_new_filter_begins_anew() -> None:
    app = opened()
    app.button(key="more").click().run()
    assert statements(app) == [claim.statement for claim in CLAIMS.values()][: 2 * AT_ONCE]
    app.selectbox(key="claims-framework").set_value("keras").run()
    assert len(statements(app)) == AT_ONCE
    while any(button.key == "more" for button in app.button):
        app.button(key="more").click().run()
    assert statements(app) == [claim.statement for claim in CLAIMS.values() if "keras" in claim.frameworks]


@pytest.mark.parametrize("part", ["verdict", "framework", "dimension"])
@pytest.mark.parametrize("value", ["nonsense", "<script>alert(1)</script>", "../../etc/passwd", "wrong\nholds"])
def test_an_unknown_value_in_the_address_is_told_and_does_no_harm(part, value) -> None:
    app = opened(**{part: value})
    assert f"Unknown {part}" in app.warning[0].value
    assert len(statements(app)) == AT_ONCE
    app.run()
    assert not app.exception
    assert not app.warning, "it has left the address"


def test_the_facts_are_listed_with_their_dates_and_sources_and_can_be_shared() -> None:
    app = opened()
    app.get("button_group")[0].set_value("facts").run()
    assert not app.exception
    assert app.query_params["list"] == "facts"
    shared = opened(list="facts")
    facts = list(load().facts.values())
    for page in (app, shared):
        text = words(page)
        assert f"{len(facts)} facts" in text
        assert f"{AT_ONCE} of {len(facts)} shown" in text
        assert all(fact.statement in text for fact in facts[:AT_ONCE])
        assert facts[AT_ONCE].statement not in text
        assert text.count("Checked on") == AT_ONCE
        assert not [button for button in page.button if button.key and button.key.startswith("decide-")]
    for source in {each: load().source(each) for fact in facts[:AT_ONCE] for each in fact.sources}.values():
        assert source.address is None or f"]({source.address})" in words(app)


def test_the_facts_are_filtered_and_there_is_a_way_back() -> None:
    app = opened(list="facts", dimension="licence")
    text = words(app)
    assert f"{len(load().frameworks)} facts" in text
    assert "Keras is under the Apache License 2.0." in text
    app.text_input(key="claims-text").set_value("a cathedral of glass").run()
    assert "No fact matches" in words(app)
    app.button(key="reset").click().run()
    assert f"{len(load().facts)} facts" in words(app)


def test_who_comes_back_finds_the_list_and_the_filter_as_they_were(monkeypatch) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    app = opened(list="facts", dimension="licence")
    app.switch_page("views/measurements.py").run()
    # A browser leaves the page's address behind; this one keeps it.
    app.query_params.clear()
    app.switch_page("views/claims.py").run()
    assert not app.exception
    assert f"{len(load().frameworks)} facts" in words(app)
    assert app.query_params == {"list": "facts", "dimension": "licence"}


def test_an_address_of_claims_opens_them_whatever_was_listed_before(monkeypatch) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    app = opened(list="facts")
    app.switch_page("views/measurements.py").run()
    app.query_params.clear()
    app.query_params["framework"] = "keras"
    app.switch_page("views/claims.py").run()
    assert statements(app)


def test_what_counts_in_the_advice_is_marked_and_what_is_stale_as_well(monkeypatch) -> None:
    monkeypatch.setattr("probes.environments.installed_versions", lambda: {"torch": "99.1.0"})
    text = words(opened(list="facts", framework="pytorch", dimension="accelerator"))
    assert "counts in the advice" in text
    assert "to be read again" in text
    assert "Here is torch 99.1.0." in text


def test_an_endless_search_is_cut() -> None:
    app = opened(text="x" * 5000)
    assert "No claim matches" in words(app)
    assert len(app.text_input(key="claims-text").value) == 200


def test_when_nothing_matches_there_is_a_way_back() -> None:
    app = opened(text="a cathedral of glass")
    assert "No claim matches" in words(app)
    assert statements(app) == []
    app.button(key="reset").click().run()
    assert len(statements(app)) == AT_ONCE
    assert app.query_params == {}


def test_sources_are_links_and_packages_are_named() -> None:
    text = words(opened())
    shown = list(CLAIMS.values())[:AT_ONCE]
    for source in {each: load().source(each) for claim in shown for each in claim.sources}.values():
        assert source.title in text
        assert source.address is None or f"]({source.address})" in text


def test_a_claim_that_can_be_decided_offers_it_and_one_that_cannot_does_not() -> None:
    app = opened()
    offered = {button.key for button in app.button if button.key and button.key.startswith("decide-")}
    assert offered == {"decide-all"} | {
        f"decide-{claim.id}" for claim in list(CLAIMS.values())[:AT_ONCE] if claim.check
    }


def test_what_this_machine_said_stands_on_the_card() -> None:
    saved.save(ledger(decided(SCRIPT.id, "does not hold here", figure="a *strange* word")))
    text = words(opened(text=SCRIPT.statement))
    assert "does not hold here" in text
    assert SCRIPT.check.if_not in text
    assert "a *strange* word" in text
    assert "has decided **1** of the" in text


def test_a_measured_ratio_comes_with_its_chart() -> None:
    compared = (comparison("tensorflow-graph", 1.62, 1.4, 1.8),)
    saved.save(ledger(decided(RATIO.id, figure=1.62, low=1.4, high=1.8, comparisons=compared)))
    app = opened(text=RATIO.statement)
    (chart,) = app.get("vega_lite_chart")
    assert "1.6 times (1.4 to 1.8)" in chart.proto.alt


def test_what_could_not_be_decided_says_why_and_can_be_tried_again() -> None:
    saved.save(ledger(decided(SCRIPT.id, None, undecided="disturbed", problem="Other processes were busy.")))
    app = opened(text=SCRIPT.statement)
    assert "not decided" in words(app)
    assert "Other processes were busy." in words(app)
    assert app.button(key=f"decide-{SCRIPT.id}").label == "Let this machine decide"


def test_a_repeat_in_vain_is_told_beside_the_verdict_that_stays() -> None:
    saved.save(ledger(decided(SCRIPT.id, "does not hold here")))
    saved.save(ledger(decided(SCRIPT.id, None, checked_at=LATER, undecided="disturbed", problem="Others were busy.")))
    text = words(opened(text=SCRIPT.statement))
    assert "does not hold here" in text
    assert re.search(r"Decided .*at 07:05\.", text)
    assert re.search(r"A repeat .*at 09:30 was disturbed by other processes\.", text)


def test_what_was_found_since_is_missed_only_where_it_is_listed_and_not_drawn_yet() -> None:
    drawn = checking.Drawn(listed=frozenset({"a", "b"}), found=frozenset({"a"}))
    assert not drawn.lacks(None)
    assert not drawn.lacks(ledger(decided("a"), decided("elsewhere")))
    assert drawn.lacks(ledger(decided("a"), decided("b")))


def test_a_claim_about_older_versions_is_marked(monkeypatch) -> None:
    monkeypatch.setattr("probes.environments.installed_versions", lambda: {"keras": "99.1.0"})
    monkeypatch.setattr("assistant.claims.saved.installed_versions", lambda: {"keras": "99.1.0"})
    text = words(opened(framework="keras"))
    assert "to be read again" in text
    assert "Here is keras 99.1.0." in text


def test_nothing_is_offered_where_measuring_is_switched_off(monkeypatch) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    app = opened()
    assert not [button for button in app.button if button.key and button.key.startswith("decide-")]
    assert "Measuring is switched off" in words(app)


@pytest.fixture
def slow_check(monkeypatch):
    """Stands in for the measuring itself: goes on until it is stopped, or let go."""
    let_go = threading.Event()

    def check_claims(claims, *, say, found, stopped, **_budget):
        say("Running scripts", 0.5)
        while not (stopped() or let_go.wait(0.01)):
            pass
        so_far = ledger(*(decided(claim.id) for claim in claims if let_go.is_set()))
        found(so_far)
        return so_far

    monkeypatch.setattr(checking, "check_claims", check_claims)
    yield let_go
    let_go.set()


def ended(app: AppTest) -> AppTest:
    for thread in threading.enumerate():
        if thread.name == "check of claims":
            thread.join(10)
    return app.run()


def test_while_one_claim_is_decided_its_card_shows_it_and_nothing_else_can_begin(slow_check) -> None:
    app = opened(text=SCRIPT.statement)
    app.button(key=f"decide-{SCRIPT.id}").click().run()
    assert not app.exception
    assert app.button(key="decide-all").disabled
    assert app.button(key="stop-check").label == "Stop"
    slow_check.set()
    ended(app)
    assert "holds here" in words(app)
    assert not app.button(key="decide-all").disabled


def test_deciding_all_can_be_stopped(slow_check) -> None:
    app = opened()
    app.button(key="decide-all").click().run()
    assert not [button for button in app.button if button.key == "decide-all"]
    assert app.button(key=f"decide-{SCRIPT.id}").disabled
    app.button(key="stop-check").click().run()
    ended(app)
    assert not app.exception
    assert not app.button(key="decide-all").disabled
    assert "has not been asked yet" in words(app)


def test_a_check_that_breaks_off_is_told_and_can_be_begun_again(monkeypatch) -> None:
    def broken(*_arguments, **_named):
        raise RuntimeError("a defect")

    monkeypatch.setattr(checking, "check_claims", broken)
    app = opened()
    app.button(key="decide-all").click().run()
    ended(app)
    assert "The check broke off" in words(app)
    assert not app.button(key="decide-all").disabled
