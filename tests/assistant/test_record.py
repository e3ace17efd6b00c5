"""The decision record is complete, the same in every format, and harmless whatever the answers and reports hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from made_up_language import add_language, spoken
from markdown_it import MarkdownIt

from assistant import change_words, job_words, messages, quantities, wording
from assistant.advice.recommend import recommend
from assistant.advice.recommendation import AnswerChange, DoubleFlip, Recommendation
from assistant.project import Project
from assistant.quoting import one_line
from assistant.record import html, markdown
from assistant.record.content import decision_record
from assistant.record.document import (
    Badge,
    Bullets,
    Document,
    Line,
    Link,
    Table,
    pieces,
)
from knowledge.load import load
from probes.comparison import Ratio
from probes.report import CandidateResult, Control, Machine, ProbeReport
from probes.workloads import find_workload
from tests.assistant.recorded import rungs
from tests.runs import an_eventful_report

MADE_ON = date(2026, 11, 21)
FORMATS = {"markdown": markdown.render, "html": html.render}

PHOTOS = Project(task="image_classification", dataset_rows=50_000, goal="product", deployment="server")
IMPOSSIBLE = Project(task="image_classification", accelerator="nvidia", operating_system="macos")

HOSTILE = "<script>alert(1)</script> | `rm` [a](https://b) **c** &lt; ![d](e) \u202e https://f www.g.h"

VOID = {"meta", "br", "hr", "img", "link", "line", "circle", "rect"}


class Page(HTMLParser):
    """What a page shows, links to and is made of; raises AssertionError where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag
        if tag not in {"a", "strong", "em", "span"}:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


Show = Callable[[Document], Page]


@pytest.fixture(params=FORMATS)
def show(request: pytest.FixtureRequest) -> Show:
    """The document as a reader sees it in each format; that of Markdown as GitHub makes it, raw HTML included."""

    def shown(document: Document) -> Page:
        text = FORMATS[request.param](document)
        if request.param == "html":
            return Page(text)
        return Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    return shown


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    return rungs("cnn")


@pytest.fixture(scope="module")
def advice(report: ProbeReport) -> Recommendation:
    return recommend(PHOTOS, report, machine=report.machine)


@pytest.fixture(scope="module")
def hopeless() -> Recommendation:
    return recommend(IMPOSSIBLE)


def record(
    advice: Recommendation, report: ProbeReport | None, project: Project = PHOTOS, **arguments: Any
) -> Document:
    machine = report.machine if report else None
    return decision_record(project, advice, report, machine=machine, made_on=MADE_ON, **arguments)


def lines(document: Document) -> Iterator[Line]:
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Bullets):
                yield from block.lines
            elif isinstance(block, Table):
                yield from (cell for row in block.rows for cell in row)
            elif hasattr(block, "line"):
                yield block.line


def test_every_candidate_stands_with_its_share_or_with_reason_and_fix(
    show: Show, advice: Recommendation, report: ProbeReport
) -> None:
    page = show(record(advice, report))
    assert any(ranked.excluded for ranked in advice.ranking)
    for ranked in advice.ranking:
        name = wording.candidate_name(ranked.candidate)
        if ranked.excluded:
            (row,) = [row for row in page.rows if row[0] == name and row[1] == ranked.excluded.reason]
            assert row[2] == ranked.excluded.fix
        else:
            share = quantities.percent(ranked.acceptability)
            assert [name, share, f"{ranked.score:.2f}"] in [row[1:] for row in page.rows]


def test_every_cited_source_is_linked_with_its_date(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    page = show(record(advice, report))
    reasons = [*advice.reasons, *(reason for against in advice.why_not.values() for reason in against)]
    cited = {fact for reason in reasons for fact in reason.facts}
    assert len(cited) > 5
    for fact in map(load().fact, cited):
        assert one_line(fact.statement) in page.text
        assert fact.checked.isoformat() in page.text
        for source in map(load().source, fact.sources):
            assert source.title in page.text
            assert source.address is None or str(source.address) in page.links


def test_every_reason_wears_its_evidence(advice: Recommendation, report: ProbeReport) -> None:
    reasons = [*advice.reasons, *(reason for against in advice.why_not.values() for reason in against)]
    texts = {wording.as_sentence(reason.text) for reason in reasons}
    told = [pieces(line) for line in lines(record(advice, report)) if pieces(line) and pieces(line)[0] in texts]
    assert len(told) >= len(advice.reasons) > 0
    assert all(isinstance(line[1], Badge) for line in told)


def test_all_answers_are_told_and_how_they_are_known(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    rows = show(record(advice, report)).rows
    assert ["How many photos do you have?", "50,000", "the person"] in rows
    assert ["Which operating system does the training machine run?", "Linux", "this machine"] in rows
    assert ["How large should the network be?", "Small", "not known, assumed for the forecast"] in rows
    assert ["Is there code that this must fit into?", "not sure", "not known"] in rows


def test_every_figure_is_a_range_with_its_evidence(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    rows = show(record(advice, report)).rows
    for row in advice.forecast:
        if row.epoch_seconds and row.epoch_seconds_low and row.epoch_seconds_high:
            epoch = quantities.with_range(
                quantities.duration(row.epoch_seconds), row.epoch_seconds_low, row.epoch_seconds_high
            )
            (told,) = [each for each in rows if each[0] == wording.candidate_name(row.candidate) and epoch in each]
            assert told[-1].strip("()") == "forecast"


def test_the_contributions_add_up_to_the_scores(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    rows = show(record(advice, report)).rows
    start = next(place for place, row in enumerate(rows) if row[:2] == ["Criterion", "Weight"])
    end = next(place for place, row in enumerate(rows) if row[0] == "Score")
    for column in range(2, len(rows[start])):
        added = sum(float(row[column]) for row in rows[start + 1 : end])
        assert added == pytest.approx(float(rows[end][column]), abs=0.0005 * (end - start))
    for row in rows[start + 1 : end]:
        assert max(map(float, row[2:])) <= float(row[1].split()[-1]), "more than its weight"
    (ranked,) = [each for each in advice.ranking if advice.winner and each.candidate == advice.winner.candidate]
    assert float(rows[end][2]) == pytest.approx(ranked.score, abs=0.0005)


def test_what_would_change_it_is_told(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    page = show(record(advice, report))
    assert advice.flips
    for flip in advice.flips:
        told = [wording.answer_label(flip.field, flip.to), wording.framework_name(flip.winner)]
        assert told in [row[2:] for row in page.rows]


def test_who_failed_at_this_very_job_is_told_as_measured(show: Show, laptop: Machine) -> None:
    job = Project(model_scale="cnn-tiny", task="image_classification")
    failed = ProbeReport(
        machine=laptop,
        versions={},
        workload=find_workload("cnn-tiny"),
        candidates=(CandidateResult(candidate="jax-jit", status="failed", error="It ran out of memory."),),
        seconds=1,
        measured_at="2026-11-21T00:00:00Z",
    )
    page = show(record(recommend(job, failed), failed, job))
    (told,) = [each for each in page.rows if each[1:2] == ["It ran out of memory."]]
    assert told[0] == wording.candidate_name("jax-jit")
    assert told[-1].strip("()") == "measured"


def test_two_answers_that_would_change_it_are_told_together_and_who_stays_second_as_well(
    show: Show, advice: Recommendation, report: ProbeReport
) -> None:
    changes = tuple(
        AnswerChange.model_validate({"field": field, "from": None, "to": to})
        for field, to in (("goal", "research"), ("devices", "several"))
    )
    double = DoubleFlip(changes=changes, winner="jax")
    told = advice.model_copy(update={"double_flips": (double,), "steadfast": ("tensorflow",)})
    page = show(record(told, report))
    assert change_words.flip_line(double, PHOTOS) in page.text
    assert change_words.steadfast_line(("tensorflow",)) in page.text


def test_a_tie_is_told_as_a_tie(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    page = show(record(advice.model_copy(update={"tie": ("pytorch", "keras")}), report))
    assert "Decision record: PyTorch or Keras" in page.text
    assert "PyTorch and Keras are equally good here; choose by taste." in page.text
    assert "is recommended" not in page.text
    assert "What speaks against Keras" in page.text
    assert "Why not Keras?" not in page.text


def test_a_winner_is_told_with_confidence_and_margin(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    clear = advice.model_copy(
        update={"tie": (), "confidence": 0.8, "frameworks": {**advice.frameworks, "pytorch": 0.8, "keras": 0.15}}
    )
    page = show(record(clear, report))
    assert "is recommended, 80 % sure." in page.text
    assert "PyTorch is the best choice in 80 % of plausible worlds, Keras in 15 %: 65 percentage points" in page.text
    assert "Why not Keras?" in page.text


def test_nothing_measured_is_told_as_that(show: Show, advice: Recommendation) -> None:
    bare = advice.model_copy(
        update={
            "forecast": tuple(
                row.model_copy(
                    update={"step_ms": None, "evidence": None, "missing": "Nothing has been measured yet."}
                )
                for row in advice.forecast
            )
        }
    )
    page = show(record(bare, None))
    assert "Nothing was measured. The decision rests on answers, facts and rules alone." in page.text
    assert "There is no forecast. Nothing has been measured yet." in page.text
    assert "How long the job takes is not known" in page.text
    assert "--no-probe" in page.text
    assert "ms, lower is better" not in page.text


def test_where_nothing_fits_the_record_says_what_to_change(show: Show, hopeless: Recommendation) -> None:
    assert hopeless.winner is None
    page = show(record(hopeless, None, IMPOSSIBLE))
    assert "Decision record: no framework fits" in page.text
    assert "Changing one of these answers would help:" in page.text
    assert "Which accelerator will train it?" in page.text
    assert "is recommended" not in page.text


def test_what_disturbed_a_measurement_is_told(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    ratio = Ratio(1.62, 1.41, 1.79, 9)
    shaky, slower, failed, *rest = report.candidates
    tuned = CandidateResult(
        candidate="jax-jit", status="ok", step_ms=1.0, tunings=("fori_loop", "new"), to_default=ratio
    )
    changed = report.model_copy(
        update={
            "candidates": (
                shaky.model_copy(update={"contended": True, "steady": False, "standing": "leader"}),
                slower.model_copy(update={"standing": "slower", "to_leader": ratio}),
                failed.model_copy(update={"step_ms": None, "status": "timeout"}),
                *rest,
            ),
            "tuned": (tuned,),
            "control": Control(candidate="jax-jit", ratio=ratio, different=True),
            "contended": True,
            "notes": ("The battery was discharging.",),
        }
    )
    assert "isturbed" not in show(record(advice, report)).text
    page = show(record(advice, changed))
    for words in (
        "disturbed, unsteady",
        "Disturbed: other programs ran during too many of its rounds.",
        "Unsteady: its step time was still changing after the longest warm-up.",
        "1.6 times (1.4 to 1.8)",
        "Other programs were busy while this was measured",
        "The battery was discharging.",
        "seemed to differ from itself",
        "It was not done in time.",
        "fori_loop",
    ):
        assert words in page.text
    assert any("jax.lax.fori_loop" in link for link in page.links)


def test_what_was_tuned_and_failed_is_told(show: Show, advice: Recommendation) -> None:
    page = show(record(advice, an_eventful_report()))
    assert "tuned (fori_loop) It ran out of memory." in page.text.replace("): ", ") ")
    assert "Only 2 rounds were measured. It was killed." in page.text


def test_a_warm_start_stands_beside_the_cold_one(show: Show, advice: Recommendation) -> None:
    rows = show(record(advice, an_eventful_report())).rows
    (jax, *_others) = [row for row in rows if row[0] == wording.candidate_name("jax-jit") and "2 ms" in row[1]]
    assert jax[2:4] == ["400 ms (warm 250 ms)", "800 ms (warm 500 ms)"]


def test_how_each_was_trained_is_one_table(show: Show, advice: Recommendation) -> None:
    page = show(record(advice, an_eventful_report()))
    (heads,) = [row for row in page.rows if "Memory layout" in row]
    assert heads == ["Candidate", "Memory layout", "Compiled", "Compiler", "Optimizer kernel"]
    start = page.rows.index(heads)
    eager = wording.candidate_name("pytorch-eager")
    assert [eager, "contiguous", "nothing", "none", ""] in page.rows[start:]
    assert "The same for all. Dtype: float32." in page.text
    assert "Deterministic: no." in page.text


def test_figures_of_an_accelerator_say_that_nobody_evaluated_such(show: Show, advice: Recommendation) -> None:
    calm = an_eventful_report()
    on_gpu = calm.candidates[1].model_copy(update={"device": "cuda:0"})
    assert "published evaluation" not in show(record(advice, calm)).text
    assert "published evaluation" in show(record(advice, an_eventful_report(candidates=(on_gpu,)))).text


def test_text_of_others_is_shown_as_it_is_and_never_acts(
    show: Show, advice: Recommendation, report: ProbeReport
) -> None:
    row = report.candidates[0]
    failed = row.model_copy(update={"step_ms": None})
    plain = report.model_copy(
        update={
            "candidates": (*report.candidates, row.model_copy(update={"device": "cuda:0"}), failed),
            "tuned": (row.model_copy(update={"tunings": ("x",)}),),
            "notes": ("x",),
        }
    )
    changed = report.model_copy(
        update={
            "machine": report.machine.model_copy(update={"cpu": HOSTILE, "platform": HOSTILE}),
            "versions": {HOSTILE: HOSTILE},
            "candidates": (
                *report.candidates[1:],
                row.model_copy(update={"candidate": f"{HOSTILE}\n```\nx", "device": HOSTILE}),
                row.model_copy(update={"candidate": HOSTILE, "step_ms": None, "error": f"# {HOSTILE}\n- 1. x"}),
            ),
            "tuned": (row.model_copy(update={"tunings": (HOSTILE,)}),),
            "measured_at": HOSTILE,
            "notes": (f"- {HOSTILE}", f"1. {HOSTILE}"),
        }
    )
    calm, page = show(record(advice, plain)), show(record(advice, changed))
    assert page.text.count(one_line(HOSTILE)) >= 9
    assert one_line(f"# {HOSTILE} - 1. x") in page.text
    assert page.text.count(one_line(f"{HOSTILE} ``` x")) >= 2, "in the chart and in the table"
    assert "\u202e" not in page.text
    assert {tag for tag, _attributes in page.elements} == {tag for tag, _attributes in calm.elements}
    assert set(page.links) == set(calm.links)
    headings = [row for row in page.rows if row[0] == "Candidate"]
    assert headings == [row for row in calm.rows if row[0] == "Candidate"], "no cell was added or lost"


def test_only_web_addresses_become_links() -> None:
    with pytest.raises(ValueError, match="javascript"):
        Link("click", "javascript:alert(1)")


def test_the_page_is_one_file_that_fetches_and_runs_nothing(advice: Recommendation, report: ProbeReport) -> None:
    text = html.render(record(advice, report))
    page = Page(text)
    assert text.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _attributes in page.elements}
    assert not any(
        name == "src" or name.startswith("on") for _tag, attributes in page.elements for name in attributes
    )
    assert not re.search(r"url\(|@import", text)
    assert ("html", {"lang": "en"}) in page.elements
    ids = [attributes["id"] for _tag, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_chart_has_a_title_a_unit_and_words_for_those_who_do_not_see_it(
    show: Show, advice: Recommendation, report: ProbeReport
) -> None:
    page = show(record(advice, report))
    assert page.text.count("One training step, with its 90 % interval") >= 3
    assert page.text.count("ms, lower is better") == 3
    assert job_words.epoch_unit(advice.forecast).lower_is_better in page.text.replace("ms, lower is better", "")
    drawings = [attributes["aria-label"] or "" for tag, attributes in page.elements if tag == "svg"]
    assert all("lowest for" in label or "largest for PyTorch" in label for label in drawings)
    assert len(drawings) in {0, 5}, "letters in Markdown, drawings in HTML"


def test_the_standing_is_drawn_without_a_measurement_too(show: Show) -> None:
    bare = recommend(PHOTOS)
    page = show(record(bare, None))
    assert "Share of plausible worlds that each framework wins" in page.text
    assert "excluded scikit-learn" in page.text or "scikit-learn excluded" in page.text
    assert "One epoch, with its 90 % interval" not in page.text
    assert "assumed for the forecast" not in page.text, "there is none"


def test_every_usable_mode_says_why_it_is_not_the_best(
    show: Show, advice: Recommendation, report: ProbeReport
) -> None:
    page = show(record(advice, report))
    excluded = {ranked.candidate for ranked in advice.ranking if ranked.excluded}
    usable = advice.other_modes.keys() - excluded
    assert len(usable) >= 4
    told = page.text[page.text.index("Why not another mode?") :]
    for mode in usable:
        assert wording.candidate_name(mode) in told
        assert all(one_line(wording.as_sentence(reason.text)) in told for reason in advice.other_modes[mode])


def test_only_what_can_move_the_shares_is_said_to(show: Show, advice: Recommendation, report: ProbeReport) -> None:
    size = "How many pixels wide are the pictures you train on?"
    able, idle = "Not known yet, and able to move the shares:", "Not known either, but nothing depends on it here:"
    measured = show(record(advice, report)).text
    assert measured.index(able) < measured.rindex(size)
    assert idle not in measured
    bare = show(record(recommend(PHOTOS), None)).text
    assert bare.index(idle) < bare.rindex(size), "without a forecast no rule asks for it"


def test_answers_to_change_together_are_told_as_that(show: Show, hopeless: Recommendation) -> None:
    together = hopeless.model_copy(update={"relax_together": True})
    page = show(record(together, None, IMPOSSIBLE))
    assert "Changing all of these together would help:" in page.text
    assert "Changing one of these" not in page.text


def test_a_simpler_start_wears_its_evidence(show: Show) -> None:
    table = Project(task="tabular_classification", dataset_rows=5_000, experience="beginner")
    advice = recommend(table)
    assert advice.simpler_first
    page = show(record(advice, None, table))
    told = page.text[page.text.index(one_line(advice.simpler_first)) :]
    assert "cited, " in told[: len(one_line(advice.simpler_first)) + 20]
    for fact in map(load().fact, advice.simpler_first_facts):
        assert one_line(fact.statement) in page.text


def test_markdown_holds_no_html_and_tables_of_even_rows(advice: Recommendation, report: ProbeReport) -> None:
    text = markdown.render(record(advice, report))
    assert not re.search(r"<[a-z/!]", text)
    for above, below in pairwise(text.splitlines()):
        if above.startswith("|") and below.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", above)) == len(re.findall(r"(?<!\\)\|", below))


def test_the_same_input_gives_the_same_bytes(advice: Recommendation, report: ProbeReport) -> None:
    for render in FORMATS.values():
        once = render(record(advice, report))
        assert render(record(advice, report)) == once
        assert MADE_ON.isoformat() in once


def test_the_record_says_how_to_get_it_again(advice: Recommendation, report: ProbeReport) -> None:
    text = markdown.render(record(advice, report, seed=7))
    (answers,) = re.findall(r"```toml\n(.*?)\n```", text, re.DOTALL)
    assert Project.model_validate(tomllib.loads(answers)) == PHOTOS
    assert "drawn with seed 7" in text
    assert "probewise recommend --project project.toml --probe probe.json" in text


def test_every_word_can_be_translated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, advice: Recommendation, report: ProbeReport
) -> None:
    rooms = ("assistant/record/", "assistant/training_words.py")
    own = {message for file, message in messages.code_messages() if file.startswith(rooms)}
    add_language(
        monkeypatch, tmp_path, "zh_CN", {each: f"\u300a{each}\u300b" for each in own if isinstance(each, str)}
    )
    settings = an_eventful_report().candidates[1].settings
    trained = [row.model_copy(update={"settings": settings}) for row in report.candidates]
    with spoken("zh_CN"):
        document = record(advice, report.model_copy(update={"candidates": tuple(trained)}))
        assert '<html lang="zh-CN">' in html.render(document)
    words = [
        document.title,
        *(name for name, _value in document.facts),
        *(each.heading for each in document.sections),
    ]
    for section in document.sections:
        words.append(section.heading)
        for block in section.blocks:
            if isinstance(block, Table):
                candidates = {wording.candidate_name(each.candidate) for each in advice.ranking}
                words += [column.title for column in block.columns if column.title not in candidates]
            elif hasattr(block, "text"):
                words.append(block.text)
    assert len(words) > 50
    assert [each for each in words if "\u300a" not in each] == []
