"""The person's own table: what it tells, what simple models reach on it, and what is wrong with one that is none."""

from __future__ import annotations

import errno
import json
import tempfile
import time
from pathlib import Path
from statistics import stdev

import numpy as np
import pandas as pd
import psutil
import pytest
from typer.testing import CliRunner

from assistant import cli
from assistant.advice.recommend import recommend
from assistant.errors import InvalidInput
from assistant.project import Project
from assistant.table import running, words
from assistant.table.reading import column_names, read_table
from assistant.table.records import ModelResult, TableFacts, TableTrial
from assistant.table.running import RunningTrial
from assistant.table.scores import interval, surely_better
from assistant.table.trial import try_models
from probes.machine_lock import machine_to_itself


def customers(rows: int = 240) -> pd.DataFrame:
    """Who stays: a line through two numbers decides, the country shifts it, one row in twenty does as it likes."""
    draw = np.random.default_rng(0)
    age, spent = draw.normal(40, 10, rows), draw.normal(100, 30, rows)
    country = draw.choice(["DE", "FR", "JP"], rows)
    leaning = (age - 40) / 10 + (spent - 100) / 30 + (country == "JP")
    stays = np.where(draw.random(rows) < 0.05, leaning < 0, leaning > 0)
    return pd.DataFrame(
        {
            "customer": [f"c{number}" for number in range(rows)],
            "age": age,
            "spent": np.where(draw.random(rows) < 0.1, np.nan, spent),
            "country": country,
            "always": 1,
            "stays": np.where(stays, "yes", "no"),
        }
    )


def saved(frame: pd.DataFrame, folder: Path, separator: str = ",") -> Path:
    path = folder / "table.csv"
    frame.to_csv(path, index=False, sep=separator)
    return path


def test_a_table_answers_for_the_project(tmp_path) -> None:
    _, facts = read_table(saved(customers(), tmp_path), "customers.csv", None)
    assert facts.answers == {
        "task": "tabular_classification",
        "dataset_rows": 240,
        "input_size": 3,
        "dataset_gb": facts.size_gb,
    }
    assert facts.left_out == ("customer", "always")
    answered = Project()
    for field, value in facts.answers.items():
        answered = answered.with_answer(field, value)
    assert answered.dataset_rows == 240


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_and_another_target_are_understood(tmp_path, separator) -> None:
    _, facts = read_table(saved(customers(), tmp_path, separator), "customers.csv", "spent")
    assert facts.task == "tabular_regression"
    assert facts.rows < 240


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no table of comma-separated values"),
        (b"\xff\xfe\x00a", "not text in UTF-8"),
        (b"one\n1\n2\n", "has 1 columns; expected 2"),
        (b"a,b\n1,2\n3,4\n", "2 rows with a value in b; expected 50"),
        (b"a,b\n" + b"1,2\n" * 60, "no column to predict b from"),
        (b"a,b\n" + b"".join(b"%d.5,same\n" % number for number in range(60)), "1 different values"),
        (b'a,b\n"1,2\n3,4', "no table of comma-separated values"),
    ],
)
def test_what_is_no_table_is_told_in_one_line(tmp_path, content, expected) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=expected) as caught:
        try_models(path, "x.csv", None)
    assert "\n" not in str(caught.value)


def test_whole_numbers_that_only_count_the_rows_are_left_out(tmp_path) -> None:
    frame = customers()
    draw = np.random.default_rng(3)
    frame["number"] = draw.permutation(len(frame)) + 1000
    frame["income"] = draw.choice(100_000, len(frame), replace=False)
    _, facts = read_table(saved(frame, tmp_path), "customers.csv", "stays")
    assert facts.left_out == ("customer", "always", "number")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classes_that_are_too_rare_for_every_fold_are_not_tried(tmp_path) -> None:
    frame = customers()
    frame.loc[:2, "stays"] = "perhaps"
    assert try_models(saved(frame, tmp_path), "customers.csv", "stays").sampled == len(frame) - 3
    frame["stays"] = [f"answer {number // 3}" for number in range(len(frame))]
    frame["stays"] = frame["stays"].where(frame.index < 60, "many")
    with pytest.raises(InvalidInput, match=r"Hardly any value of stays in customers\.csv is there 5 times"):
        try_models(saved(frame, tmp_path), "customers.csv", "stays")


def test_the_names_of_the_columns_are_told_of_a_table_that_cannot_be_used() -> None:
    assert column_names(b"a;b;c\n1;2;3\n4;5;6\n") == ("a", "b", "c")
    assert column_names("gr\u00f6\u00dfe,z\n1,2\n".encode() + b"1,2\n" * 100_000) == ("gr\u00f6\u00dfe", "z")
    assert column_names(b"\xff\xfe\x00a") == ()
    assert column_names(b"") == ()


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path) -> None:
    with pytest.raises(InvalidInput, match="no column 'wage'; expected one of customer, age"):
        read_table(saved(customers(), tmp_path), "customers.csv", "wage")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_models_beat_a_constant_where_there_is_something_to_learn(tmp_path) -> None:
    trial = try_models(saved(customers(), tmp_path), "customers.csv", None)
    scores = {each.model: each.score for each in trial.models}
    assert scores.keys() == {"constant", "linear", "boosting", "network"}
    assert min(scores["linear"], scores["boosting"]) > scores["constant"] + 0.2
    assert all(each.range[0] <= each.score <= each.range[1] for each in trial.models)
    assert trial.best_simple.model == "linear"
    assert trial.simple_will_do
    assert words.finding(trial).startswith("On your table a linear model in scikit-learn is")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_amounts_are_predicted_and_scored_as_amounts(tmp_path) -> None:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"x": draw.normal(size=300), "y": draw.normal(size=300)})
    frame["z"] = 1000 * frame["x"] ** 2 + draw.normal(size=300)
    trial = try_models(saved(frame, tmp_path), "curve.csv", None)
    assert trial.metric == "r2"
    assert trial.best_simple.model == "boosting"
    assert trial.model("boosting").score > trial.model("linear").score + 0.3
    # A smooth curve of one column among two is what a network draws better than steps do.
    assert trial.network == "better"
    assert "R²" in words.finding(trial)


@pytest.mark.parametrize(
    ("good", "bad", "join"),
    [
        (["good", "fine", "great", "liked"], ["bad", "poor", "broken", "late"], " "),
        (["\u5f88\u597d", "\u559c\u6b22", "\u6ee1\u610f"], ["\u5f88\u5dee", "\u5931\u671b", "\u574f\u4e86"], ""),
    ],
)
def test_texts_are_read_as_words_or_signs(tmp_path, good, bad, join) -> None:
    draw = np.random.default_rng(2)
    labels = draw.choice(["up", "down"], 200)
    texts = [join.join(draw.choice(good if label == "up" else bad, 6)) for label in labels]
    trial = try_models(saved(pd.DataFrame({"text": texts, "label": labels}), tmp_path), "reviews.csv", None)
    assert trial.facts.task == "text_classification"
    assert "input_size" not in trial.facts.answers
    assert {each.model for each in trial.models} == {"constant", "linear"}
    assert trial.model("linear").score > 0.95
    assert not trial.simple_will_do, "no network was tried"


def test_a_remark_beside_other_columns_is_left_out(tmp_path) -> None:
    frame = customers()
    frame.insert(0, "address", [f"{number} Long Road, Some Town" for number in range(len(frame))])
    _, facts = read_table(saved(frame, tmp_path), "customers.csv", None)
    assert facts.task == "tabular_classification"
    assert facts.left_out == ("address", "customer", "always")


def test_what_spreadsheets_write_is_understood(tmp_path) -> None:
    frame = customers()[["age", "spent", "stays"]].rename(columns={"spent": "age"})
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False, sep=";", decimal=",", encoding="utf-8-sig")
    _, facts = read_table(path, "table.csv", None)
    assert facts.columns == column_names(path.read_bytes()) == ("age", "age.1", "stays")
    assert facts.inputs == 2
    trailing = "\n".join(f"{line}," for line in customers().to_csv(index=False).splitlines()[1:])
    path.write_text("\n" + ",".join(customers().columns) + "\n" + trailing, encoding="utf-8")
    _, facts = read_table(path, "table.csv", None)
    assert (facts.target, facts.rows) == ("stays", 240)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_is_infinite_is_missing(tmp_path) -> None:
    frame = customers()
    frame.loc[3, "age"] = np.inf
    assert try_models(saved(frame, tmp_path), "customers.csv", None).learned


def scored(**models: tuple[float, ...]) -> TableTrial:
    facts = TableFacts(
        name="t.csv", columns=("a", "b"), target="b", task="tabular_classification", rows=100, inputs=1, size_gb=0.1
    )
    results = tuple(ModelResult(model=name, scores=scores, fit_s=0.5) for name, scores in models.items())
    return TableTrial(facts=facts, metric="accuracy", sampled=100, models=results)


CONSTANT = (0.50, 0.51, 0.49, 0.50, 0.50)
LINEAR = (0.80, 0.82, 0.84, 0.81, 0.83)
ALIKE = (0.82, 0.81, 0.86, 0.80, 0.84)
BETTER = (0.90, 0.92, 0.94, 0.92, 0.92)


def test_what_was_measured_on_the_table_replaces_the_rule_of_thumb() -> None:
    project = Project(task="tabular_classification", dataset_rows=5_000)
    equal = scored(constant=CONSTANT, linear=LINEAR, network=ALIKE)
    better = scored(constant=CONSTANT, linear=LINEAR, network=BETTER)
    assert "gradient boosting" in recommend(project).simpler_first
    assert "82 % right" in recommend(project, table=equal).simpler_first
    assert "did about as well" in words.finding(equal)
    assert recommend(project, table=better).simpler_first is None
    assert "did better" in recommend(project, table=better).table
    other_task = project.with_answer("task", "image_classification")
    assert recommend(other_task, table=equal).simpler_first == recommend(other_task).simpler_first


def test_a_model_that_learned_nothing_is_no_advice() -> None:
    project = Project(task="tabular_classification", dataset_rows=5_000)
    nothing = scored(constant=(0.95,) * 5, linear=(0.95, 0.95, 0.96, 0.95, 0.94), network=(0.95,) * 5)
    assert not nothing.learned
    assert "no simple model surely does better" in words.finding(nothing)
    advice = recommend(project, table=nothing)
    assert advice.simpler_first == recommend(project).simpler_first
    assert advice.table == words.finding(nothing)


def test_a_network_is_better_only_if_it_beats_both() -> None:
    assert scored(constant=CONSTANT, linear=LINEAR, boosting=ALIKE, network=BETTER).network == "better"
    beaten = scored(constant=CONSTANT, linear=LINEAR, boosting=(0.95, 0.96, 0.97, 0.95, 0.97), network=BETTER)
    assert beaten.network == "worse"
    assert "did worse" in words.finding(beaten)
    assert scored(constant=CONSTANT, linear=LINEAR).network is None


def test_folds_are_compared_in_pairs_and_for_what_they_share() -> None:
    """The same rows are hard for both: each fold's difference is sure although the folds themselves differ."""
    one = (0.70, 0.90, 0.60, 0.80, 0.75)
    assert surely_better([score + 0.02 for score in one], one)
    assert not surely_better(one, one)
    mean, low, high = interval(one)
    assert (mean, high - low) == (pytest.approx(0.75), pytest.approx(2 * 2.132 * stdev(one) * (1 / 5 + 1 / 4) ** 0.5))


def test_a_table_is_tried_in_a_process_that_ends(tmp_path) -> None:
    tried = RunningTrial(saved(customers(), tmp_path).read_bytes(), "customers.csv", "stays")
    assert tried.result().facts.target == "stays"
    stopped = RunningTrial(saved(customers(), tmp_path).read_bytes(), "customers.csv")
    process = psutil.Process(stopped._process.pid)
    stopped.close()
    assert not process.is_running()
    broken = RunningTrial(b"a\n1\n", "broken.csv")
    with pytest.raises(InvalidInput, match=r"broken\.csv has 1 columns"):
        broken.result()


@pytest.mark.parametrize("refused", ["scratch_folder", "subprocess.Popen", "Path.write_bytes"])
def test_a_trial_that_cannot_begin_is_told_in_a_sentence_and_leaves_nothing(tmp_path, monkeypatch, refused) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    table = tmp_path / "customers.csv"
    table.write_bytes(b"a,b\n1,2\n")
    monkeypatch.setattr(f"assistant.table.running.{refused}", full)
    with pytest.raises(InvalidInput, match=r"customers\.csv could not be tried: No space left on device\. .*TMPDIR"):
        cli._tried(table, None)
    assert list(tmp_path.iterdir()) == [table]


def test_files_called_like_modules_do_no_harm(tmp_path, monkeypatch) -> None:
    (tmp_path / "pandas.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert RunningTrial(saved(customers(), tmp_path).read_bytes(), "customers.csv").result().learned


def test_the_time_counts_from_when_the_machine_is_free(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(running, "LIMIT_S", 0.0)
    with machine_to_itself():
        waiting = RunningTrial(saved(customers(), tmp_path).read_bytes(), "customers.csv")
        time.sleep(1.0)
        assert not waiting.done
    with pytest.raises(InvalidInput, match="took more than 0 s"):
        waiting.result()


def test_the_command_line_takes_a_table(tmp_path) -> None:
    project, table = tmp_path / "p.toml", saved(customers(), tmp_path)
    project.write_text('task = "tabular_classification"\ndataset_rows = 400\n', encoding="utf-8")
    command = ["recommend", "--project", str(project), "--no-probe", "--json", "--data"]
    run = CliRunner().invoke(cli.app, [*command, str(table)])
    assert run.exit_code == 0, run.output
    assert "On your table" in json.loads(run.stdout)["simpler_first"]
    of_age = CliRunner().invoke(cli.app, [*command, str(table), "--column", "age"])
    assert "R\u00b2" in json.loads(of_age.stdout)["table"]
    assert CliRunner().invoke(cli.app, [*command[:-1], "--column", "age"]).exit_code != 0
    with pytest.raises(InvalidInput, match="Cannot read"):
        cli._tried(tmp_path / "none.csv", None)
