"""The page about accuracy: targets with what is missed first, ties, the floor, every job; and what is in its way."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from assistant.errors import InvalidInput
from assistant.evaluation import published
from assistant.evaluation.evaluate import Evaluation, evaluate
from assistant.evaluation.interviews import MOST_TELLING, RANDOM, Interviews, Lengths
from assistant.evaluation.published import Published
from assistant.evaluation.summary import Summary
from assistant.views import measuring
from probes.report import Machine
from tests.assistant.corpora import ORDINARY_JOBS, SMALL_NETWORKS, corpus
from tests.assistant.test_targets import JUST_MET
from tests.assistant.test_views import APP, words

RATES = {"pytorch-eager": 20.0, "jax-jit": 10.0, "tensorflow-graph": 40.0}
JOBS = [job for job in ORDINARY_JOBS if len(job.ladder) == 1][:4]


@pytest.fixture(scope="module")
def evaluation(laptop: Machine) -> Evaluation:
    found = evaluate(corpus(laptop, RATES, *JOBS, *SMALL_NETWORKS), quick=True, say=lambda *_: None)
    changes = {"workloads": len(JOBS), "worst_regret": 0.4, "break_even_median": None}
    standings = found.standings | {"smallest-winner": "tie", "flops-proportional": "worse", "real-target": "better"}
    return found.model_copy(update={"summary": JUST_MET.model_copy(update=changes), "standings": standings})


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")

    def show(*known: Published) -> AppTest:
        monkeypatch.setattr(published, "published", lambda: known)
        app = AppTest.from_file(str(APP), default_timeout=30).run()
        app.switch_page("views/accuracy.py").run()
        assert not app.exception
        return app

    return show


def table(app: AppTest, column: str):
    (found,) = (each.value for each in app.dataframe if column in each.value)
    return found


def test_targets_are_said_in_words_what_is_missed_first(page, laptop, evaluation) -> None:
    told = words(page(Published(laptop, evaluation)))
    assert "Targets, with 60 s of probing" in told
    assert "missed: 1" in told
    missed, lacking, met = (told.index(f"badge[{word}]") for word in ("missed", "no figure", "met"))
    assert missed < lacking < met
    assert "| Worst regret: at most 15 % | 40 % :red-badge[missed] |" in told.replace("\u00a0", " ")


def test_machine_method_and_limits_are_named(page, laptop, workstation, evaluation) -> None:
    app = page(Published(laptop, evaluation))
    told = words(app).replace("\\", "")
    assert "4 jobs of" in told
    assert "4 cores (a processor)" in told
    assert "torch 2.13.0" in told
    assert "without a GPU" in app.info[0].value
    assert "without a GPU" not in page(Published(workstation, evaluation)).info[0].value


def test_probewise_is_one_row_among_others_and_a_tie_is_called_one(page, laptop, evaluation) -> None:
    app = page(Published(laptop, evaluation))
    told = words(app)
    (table,) = (each.value for each in app.markdown if "| Way of choosing |" in each.value)
    assert "| Who wins the smallest workload: a tie |" in table
    assert "| The real job, as long as time allows: better than Probewise |" in table
    assert table.count("\n| ") == 1 + len(evaluation.baselines)
    assert "Better than Probewise on these jobs: **The real job" in told
    assert "A tie with Probewise on these jobs: **Who wins" in told
    assert "A tie: other jobs" in told


def test_what_a_tie_is_is_explained_only_where_there_is_one(page, laptop, evaluation) -> None:
    worse = evaluation.model_copy(update={"standings": dict.fromkeys(evaluation.standings, "worse")})
    told = words(page(Published(laptop, worse)))
    assert "Every other way is worse on these jobs." in told
    assert "A tie: other jobs" not in told


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (0, "After 10 s “The real job, as long as time allows” is at least as good. So early few candidates"),
        (2, "After 60 s “The real job, as long as time allows” is at least as good."),
        (3, "After 2 min “The real job, as long as time allows” is at least as good. With so much time"),
    ],
)
def test_where_a_simpler_way_is_as_good_is_said_plainly(page, laptop, evaluation, place, said) -> None:
    def at_regret(each: Summary, regret: float) -> Summary:
        return each.model_copy(update={"mean_regret": regret})

    def shown(baselines: dict[str, tuple[Summary, ...]]) -> str:
        told = evaluation.model_copy(update={"by_budget": ours, "baselines_by_budget": baselines})
        return words(page(Published(laptop, told))).replace("\u00a0", " ")

    ours = tuple(at_regret(each, 0.05) for each in evaluation.by_budget)
    worse = tuple(at_regret(each, 0.3) for each in ours)
    as_good = (*worse[:place], at_regret(ours[place], 0.0504), *worse[place + 1 :])
    assert said in shown({"real-target": as_good, "smallest-winner": worse})
    assert "at least as good" not in shown({"real-target": worse, "smallest-winner": worse})


def test_figures_over_the_budget_are_drawn_and_listed(page, laptop, evaluation) -> None:
    app = page(Published(laptop, evaluation))
    assert len(app.get("vega_lite_chart")) == 2
    assert any(list(each.value["name"]) == ["10 s", "30 s", "60 s", "2 min"] for each in app.dataframe)


def test_every_job_and_the_floor_are_told(page, laptop, evaluation) -> None:
    app = page(Published(laptop, evaluation))
    jobs = table(app, "picks")
    assert set(jobs["job"]) == {job.id for job in JOBS}
    assert jobs["picks"].iloc[0] == ["2 \u00d7 JAX, compiled with jax.jit, trained with Optax"]
    assert jobs["regret"].is_monotonic_decreasing
    assert "Measured in full is what every candidate" in words(app)


def test_the_length_of_the_interview_is_told_where_it_was_tried(page, laptop, evaluation) -> None:
    assert "How long the interview is" not in words(page(Published(laptop, evaluation)))
    ours, random = (
        Lengths(asked_median=asked, asked_90=10, settled_median=2, settled_90=6, right=0.97) for asked in (8, 13)
    )
    tried = Interviews(people=72, orders={MOST_TELLING: ours, RANDOM: random})
    told = words(page(Published(laptop, evaluation.model_copy(update={"interviews": tried}))))
    assert "| Probewise: what tells most first | 8 | 10 | 2 | 6 | 97 % |" in told.replace("\u00a0", " ")
    assert "| At random | 13 |" in told
    assert "72 people were interviewed" in told


def test_of_several_machines_one_is_chosen(page, laptop, workstation, evaluation) -> None:
    other = workstation.model_copy(update={"fingerprint": "1" * 16})
    app = page(Published(laptop, evaluation), Published(other, evaluation))
    assert "without a GPU" in app.info[0].value
    app.selectbox(key="evaluated-machine").set_value(other.fingerprint).run()
    assert "without a GPU" not in app.info[0].value


def test_without_an_evaluation_it_says_how_to_make_one(page) -> None:
    (info,) = page().info
    assert "probewise evaluate --publish" in info.value


def test_a_broken_file_is_told_in_a_sentence(page, monkeypatch) -> None:
    def refuse() -> None:
        raise InvalidInput("x-evaluation.json is no evaluation.")

    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    monkeypatch.setattr(published, "published", refuse)
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    app.switch_page("views/accuracy.py").run()
    assert not app.exception
    assert "is no evaluation" in app.error[0].value
