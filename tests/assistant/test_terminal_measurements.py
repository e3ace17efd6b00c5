"""The terminal tells the same of a measurement as the page does, and what does not fit is in the JSON."""

from __future__ import annotations

import pytest
from rich.console import Console

from assistant import terminal
from assistant.record.figures import measurements
from assistant.terminal_measurements import probe_report
from assistant.views import figures
from probes.comparison import Ratio
from probes.report import ProbeReport
from tests.runs import a_report, a_row, an_eventful_report


def printed(monkeypatch: pytest.MonkeyPatch, report: ProbeReport, width: int = 180) -> str:
    console = Console(width=width, color_system=None)
    monkeypatch.setattr(terminal, "_stdout", console)
    with console.capture() as captured:
        console.print(probe_report(report))
    return " ".join(captured.get().split())


def test_a_tuned_row_that_failed_is_told_with_its_reason(monkeypatch) -> None:
    told = printed(monkeypatch, an_eventful_report())
    assert "tuned (fori_loop): It ran out of memory." in told
    assert "Keras, on PyTorch: Only 2 rounds were measured. It was killed." in told


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(Ratio(0.83, 0.8, 0.86, 6), "0.83 times (0.8 to 0.86)"), (Ratio(0.91, 0.082, 10.0, 3), "not told apart")],
)
def test_a_tuned_row_is_compared_with_its_default_only_where_they_are_told_apart(monkeypatch, ratio, told) -> None:
    row = an_eventful_report().tuned[0].model_copy(update={"to_default": ratio})
    report = an_eventful_report(tuned=(row,))
    assert list(figures.tuned_table([row])["against"]) == [told]
    assert told in printed(monkeypatch, report)
    assert told in str(measurements(report))


def test_marks_stand_beside_the_name_and_are_explained(monkeypatch) -> None:
    told = printed(monkeypatch, an_eventful_report())
    assert "PyTorch, run line by line (eager) (disturbed)" in told
    assert "(unsteady, started beside others)" in told
    assert "Unsteady: its step time was still changing" in told
    assert "started again with warm caches: import 500 ms" in told


def test_where_not_all_trained_on_the_processor_each_says_where(monkeypatch) -> None:
    rows = (a_row("pytorch-eager").model_copy(update={"device": "cuda:0"}), a_row("jax-jit"))
    told = printed(monkeypatch, a_report(candidates=rows))
    assert "(eager) (cuda:0)" in told
    assert "with Optax (cpu)" in told
    assert "(cpu)" not in printed(monkeypatch, a_report())


@pytest.mark.parametrize(("width", "shown"), [(180, True), (80, False)])
def test_how_each_was_trained_is_shown_where_there_is_room(monkeypatch, width: int, shown: bool) -> None:
    told = printed(monkeypatch, an_eventful_report(), width)
    assert ("How each was trained" in told) == shown
    assert ("Deterministic: no." in told) == shown


def test_figures_of_an_accelerator_say_that_nobody_evaluated_such(monkeypatch) -> None:
    row = a_row().model_copy(update={"device": "cuda:0"})
    assert "published evaluation" in printed(monkeypatch, a_report(candidates=(row,)))
    assert "published evaluation" not in printed(monkeypatch, an_eventful_report())
