"""Published evaluations: what lies beside the corpora is one, what does not hold is refused, the README follows."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from assistant import cli, evaluation_command
from assistant.advice.conformal import LEAST_JOBS
from assistant.corpus.records import DIRECTORY, corpora
from assistant.errors import InvalidInput
from assistant.evaluation import document, published
from assistant.evaluation.evaluate import evaluate
from assistant.evaluation.interviews import MOST_TELLING, people
from assistant.evaluation.published import publish, read_published
from assistant.evaluation.trials import truths
from assistant.language import use_language
from knowledge.load import load
from tests.assistant.corpora import SMALL_JOB, corpus
from tests.assistant.scenarios import SCENARIOS

RATES = {"pytorch-eager": 20.0, "jax-jit": 10.0}


@pytest.fixture
def beside_corpora(tmp_path):
    """A directory with the corpora, and no evaluation of them."""
    for path in (*DIRECTORY.glob("*.toml"), *DIRECTORY.glob("*.csv")):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def small(laptop):
    return corpus(laptop, RATES, SMALL_JOB)


def quick(of):
    return evaluate(of, quick=True, say=lambda *_: None)


def test_every_corpus_has_an_evaluation_of_all_its_jobs() -> None:
    known = {corpus.machine.fingerprint: {truth.job.id for truth in truths(corpus)} for corpus in corpora()}
    jobs = {fingerprint: own for fingerprint, own in known.items() if len(own) >= LEAST_JOBS}
    told = {
        each.machine.fingerprint: {row.workload for row in each.evaluation.rows} for each in published.published()
    }
    assert jobs
    assert told == jobs, "run: probewise evaluate --publish, then make generate"


def test_every_evaluation_interviewed_a_person_for_each_scenario() -> None:
    for each in published.published():
        assert each.evaluation.interviews
        assert each.evaluation.interviews.people == len(SCENARIOS), (
            "run: python -m assistant.evaluation.renew_interviews, then python -m assistant.evaluation.document"
        )


@pytest.mark.parametrize("figure", ["asked_median", "asked_90", "settled_median", "settled_90"])
def test_by_the_app_s_own_draws_it_asks_less_than_any_other_order_and_ends_right(figure) -> None:
    for orders in (each.evaluation.interviews.orders for each in published.published()):
        ours = getattr(orders[MOST_TELLING], figure)
        assert all(ours < getattr(orders[other], figure) for other in orders.keys() - {MOST_TELLING})
        assert orders[MOST_TELLING].right >= 0.9


def test_what_is_published_is_read_again(beside_corpora, small) -> None:
    assert read_published(beside_corpora) == ()
    (machine, *_others) = [each.machine for each in corpora(beside_corpora)]
    found = quick(small)
    path = publish(found, machine, beside_corpora)
    assert path.name == f"{machine.fingerprint}-evaluation.json"
    (again,) = read_published(beside_corpora)
    assert again.evaluation == found
    assert again.machine == machine


def test_a_file_that_is_no_evaluation_is_refused_in_words(beside_corpora, small) -> None:
    path = publish(quick(small), corpora(beside_corpora)[0].machine, beside_corpora)
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["summary"]["mean_regret"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"evaluation\.json is no evaluation .*summary\.mean_regret.*--publish"):
        read_published(beside_corpora)


def test_the_command_keeps_what_it_found(small, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("assistant.corpus.records.corpora", lambda: [small])
    monkeypatch.setattr("assistant.corpus.records.DIRECTORY", tmp_path)
    monkeypatch.setattr("assistant.evaluation.evaluate.SEEDS", 1)
    someone = people(small.machine, load())[:1]
    monkeypatch.setattr("assistant.evaluation.interviews.people", lambda *_: someone)
    run = CliRunner().invoke(cli.app, ["evaluate", "--publish"])
    assert run.exit_code == 0, run.output
    (path,) = tmp_path.glob("*-evaluation.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert (kept["seeds"], kept["interviews"]["people"]) == (1, 1)
    assert str(path) in run.stderr
    assert "Targets, with 60 s of probing" in run.stdout
    assert "How long the interview is" in run.stdout


@pytest.mark.parametrize("other", [{"quick": True}, {"collect": True}])
def test_only_a_whole_evaluation_is_published(other) -> None:
    with pytest.raises(InvalidInput, match="--publish"):
        evaluation_command.evaluate(publish=True, **other)


def test_the_refusal_is_one_line_and_exit_code_2(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["probewise", "evaluate", "--quick", "--publish"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "--publish" in told
    assert told.count("\n") == 1


def test_the_readme_has_the_published_figures() -> None:
    readme = document.DOCUMENT.read_text(encoding="utf-8")
    assert readme == document.with_evaluation(readme, published.published()), "run: make generate"


def test_the_readme_is_english_whoever_makes_it() -> None:
    readme = document.DOCUMENT.read_text(encoding="utf-8")
    use_language("zh_CN")
    try:
        assert document.with_evaluation(readme, published.published()) == readme
    finally:
        use_language("en")


def test_without_an_evaluation_the_readme_says_how_to_make_one() -> None:
    readme = document.DOCUMENT.read_text(encoding="utf-8")
    assert "probewise evaluate --publish" in document.with_evaluation(readme, ())
