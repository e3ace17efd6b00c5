"""What is cited wears the date of its oldest fact and opens the first source that has an address."""

from __future__ import annotations

import pytest

from assistant import evidence_words, moments
from assistant.views.evidence import linked_badge
from knowledge.load import load

CITING = tuple(
    rule for rules in (load().eligibility, load().criteria, load().simpler_first) for rule in rules if rule.facts
)


@pytest.mark.parametrize("rule", CITING, ids=lambda rule: rule.id)
def test_a_rule_leads_to_its_sources_or_names_the_packages(rule) -> None:
    addresses, titles = evidence_words.addresses(rule.facts), evidence_words.titles(rule.facts)
    assert bool(addresses) != bool(titles)
    assert load().first_source(rule.facts) in {*addresses[:1], *titles[:1]}
    told = linked_badge("cited", rule.facts)
    assert all(f"({address})" in told for address in addresses)
    assert f"cited, {moments.month(load().checked(rule.facts))}" in told


def test_the_date_is_that_of_the_fact_checked_longest_ago() -> None:
    facts = sorted(load().facts.values(), key=lambda fact: fact.checked)
    ids = [facts[-1].id, facts[0].id]
    assert load().checked(ids) == facts[0].checked
    assert evidence_words.badge("cited", ids) == f"cited, {moments.month(facts[0].checked)}"


def test_what_is_not_cited_has_no_date_and_leads_nowhere() -> None:
    assert evidence_words.badge("measured") == "measured"
    assert linked_badge("measured") == ":green-badge[measured]"
