"""What probes say is said in the language of whom they say it to, wherever and whenever the words are made."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest
import toy_worker
from made_up_language import add_language, spoken

from probes import diagnosis
from probes.candidates import find_candidate
from probes.diagnosis import Stage
from probes.errors import InvalidWorkload, WorkerFailed
from probes.networks.layers import Attention, Dense
from probes.networks.shapes import place_layers
from probes.protocol import Failure, decode_reply, encode_reply
from probes.report import ProbeReport
from probes.schedule import ProbeSession
from probes.supervisor import Worker
from probes.words import _, in_this_context
from probes.workloads import Input, Workload, find_workload

GERMAN = {
    "while importing": "beim Importieren",
    "It died of {signal}. {advice}": "Es starb an {signal}. {advice}",
    "{what} This happened {when}.": "{what} Das geschah {when}.",
    "It wrote last: {lines}": "Zuletzt schrieb er: {lines}",
    "It cannot train this network: {reason}": "Es kann dieses Netz nicht trainieren: {reason}",
    "it has a convolution": "es enthält eine Faltung",
    "scikit-learn has only dense layers with ReLU between them, and this network is built otherwise.": (
        "scikit-learn hat nur dichte Schichten mit ReLU dazwischen, und dieses Netz ist anders gebaut."
    ),
    "Layer {layer!r} does not fit its input {shape}: {reason}": (
        "Schicht {layer!r} passt nicht zur Eingabe {shape}: {reason}"
    ),
    "{heads} heads must divide the width {width}.": "{heads} Köpfe müssen die Breite {width} teilen.",
    "Batch {batch} is out of range; expected 1 to {largest:,}.": "{batch} ist nicht in 1 bis {largest:,}.",
    "Other probes were not kept out: {path} cannot be locked ({reason}).": (
        "Andere Messungen wurden nicht abgehalten: {path} ist nicht zu sperren ({reason})."
    ),
}

TINY = find_workload("mlp-tiny")

pytestmark = pytest.mark.usefixtures("no_process_left", "german")


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add_language(monkeypatch, tmp_path, "de", GERMAN)


def measured(directory: Path, language: str, fault: str = "none", lock_path: Path | None = None) -> ProbeReport:
    """The report of a session that was started in this language and waited for in English."""
    interpreters = {"pytorch-eager": toy_worker.interpreter(directory, fault)}
    lock_path = lock_path or directory / "lock"
    with spoken(language):
        session = ProbeSession(list(interpreters), interpreters=interpreters, lock_path=lock_path)
        session.focus([TINY])
        session.start()
    with session:
        assert session.wait(60)
        report = session.report()
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("language", "words"), [("de", "kann dieses Netz nicht trainieren"), ("en", "cannot train this network")]
)
def test_a_failed_row_is_told_in_the_language_of_who_started_the_session(
    tmp_path: Path, language: str, words: str
) -> None:
    (row,) = measured(tmp_path, language, "refuse_workload@build").candidates
    assert row.status == "unusable"
    assert words in row.error


def test_the_reason_that_a_worker_gives_is_translated_where_it_is_shown(tmp_path: Path) -> None:
    (row,) = measured(tmp_path, "de", "refuse_workload@build").candidates
    assert row.error == "Es kann dieses Netz nicht trainieren: es enthält eine Faltung"


def test_a_crash_is_told_as_one_sentence_with_its_stage(tmp_path: Path) -> None:
    (row,) = measured(tmp_path, "de", "segfault@configure").candidates
    assert row.error.startswith("Es starb an SIGSEGV. ")
    assert row.error.endswith(" Das geschah beim Importieren. Zuletzt schrieb er: one last word")


def test_a_note_is_told_in_the_language_of_who_started_the_session(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    report = measured(tmp_path, "de", lock_path=tmp_path / "file" / "lock")
    assert [note for note in report.notes if note.startswith("Andere Messungen wurden nicht abgehalten: ")]


@pytest.mark.frameworks
def test_scikit_learn_refuses_a_workload_in_the_language_of_who_asks() -> None:
    with Worker(find_candidate("scikit-learn")) as worker, spoken("de"):
        worker.import_framework(seed=0, timeout_s=120)
        with pytest.raises(
            WorkerFailed, match="hat nur dichte Schichten mit ReLU dazwischen, und dieses Netz ist anders gebaut"
        ):
            worker.build(find_workload("cnn-tiny"), seed=0, timeout_s=60)


def test_an_invalid_workload_is_told_in_the_language_of_who_reads_it() -> None:
    with pytest.raises(InvalidWorkload) as caught:
        TINY.with_batch(70_000)
    assert str(caught.value) == "Batch 70000 is out of range; expected 1 to 65,536."
    with spoken("de"):
        assert str(caught.value) == "70000 ist nicht in 1 bis 65,536."


def test_a_reason_within_a_reason_is_translated_too_and_survives_the_pipe() -> None:
    sequence = Workload("w", "test", Input((4, 6)), (Attention(heads=5), Dense(2)), 2, "cross_entropy", 1)
    with pytest.raises(InvalidWorkload) as caught:
        place_layers(sequence)
    sent = Failure(cause="workload", error="InvalidWorkload", **caught.value.to_json())
    received = decode_reply(encode_reply(sent))
    failed = diagnosis.reported_failure(find_candidate("jax-jit"), "building", received, "python")
    assert str(failed).endswith("Layer '0.attention' does not fit its input (4, 6): 5 heads must divide the width 6.")
    with spoken("de"):
        failed = diagnosis.reported_failure(find_candidate("jax-jit"), "building", received, "python")
    assert str(failed).endswith(
        "Schicht '0.attention' passt nicht zur Eingabe (4, 6): 5 Köpfe müssen die Breite 6 teilen."
    )


@pytest.mark.parametrize("stage", get_args(Stage))
def test_every_stage_has_its_own_words(stage: Stage) -> None:
    others = {str(diagnosis.hung(each, 1.0)) for each in get_args(Stage) if each != stage}
    assert str(diagnosis.hung(stage, 1.0)) not in others


def test_threads_of_a_pool_speak_the_language_of_who_sent_them() -> None:
    both_are_in = threading.Barrier(2)

    def say(message: str) -> str:
        both_are_in.wait(10)
        return _(message)

    with ThreadPoolExecutor(2) as pool:
        with spoken("de"):
            german = list(pool.map(in_this_context(say), ["while importing"] * 2))
        english = list(pool.map(in_this_context(say), ["while importing"] * 2))
    assert german == ["beim Importieren"] * 2
    assert english == ["while importing"] * 2
