"""How rows were trained is told once where it is the same for all, and by row where it is not."""

from __future__ import annotations

import dataclasses

from assistant import measured_words, training_words
from assistant.training_words import Training
from probes.report import Measurement
from probes.settings import Settings
from tests.runs import a_report, a_row, a_setting, an_eventful_report

EAGER, JITTED = "PyTorch, run line by line (eager)", "JAX, compiled with jax.jit, trained with Optax"


def trained(*ways: Settings) -> Training:
    told = training_words.training(
        [(str(place), a_row().model_copy(update={"settings": way})) for place, way in enumerate(ways)]
    )
    assert told is not None
    return told


def test_what_is_the_same_is_a_sentence_and_what_differs_a_table() -> None:
    told = trained(a_setting(), a_setting(memory_layout="channels_last", threads=1))
    assert [each.id for each in told.differing] == ["memory_layout", "threads"]
    assert told.rows == (("0", ("contiguous", 2)), ("1", ("channels_last", 1)))
    assert told.same.startswith("The same for all. Dtype: float32. Matmul precision: float32. Compiled: nothing.")
    assert "Optimizer: Adam(learning_rate=0.001, epsilon=1e-10)." in told.same


def test_no_setting_is_kept_back() -> None:
    other = Settings("mixed_bfloat16", "tf32", "channels_last", "steps", "xla", 1, "SGD() foreach", 10, True)
    told = trained(a_setting(), other)
    assert {each.id for each in told.differing} == {
        *(field.name for field in dataclasses.fields(Settings)),
        "optimizer_kernel",
    }
    assert all(len(values) == len(told.differing) for _name, values in told.rows)


def test_another_kernel_of_the_same_optimizer_does_not_repeat_its_hyperparameters() -> None:
    told = trained(a_setting(), a_setting(optimizer=f"{a_setting().optimizer} fused"))
    assert [each.id for each in told.differing] == ["optimizer_kernel"]
    assert [values for _name, values in told.rows] == [("",), ("fused",)]
    assert "Optimizer: Adam(learning_rate=0.001, epsilon=1e-10)." in told.same


def test_what_another_version_calls_a_setting_stays_as_it_is() -> None:
    told = trained(a_setting(), a_setting(compiler="mojo", compile_scope="galaxy", optimizer="Lion"))
    assert told.rows[1][1] == ("galaxy", "mojo", "Lion")


def test_rows_of_which_nothing_is_known_are_left_out() -> None:
    assert training_words.training(measured_words.named_rows(a_report().measurements[0])) is None


def test_a_row_that_was_trained_alike_on_every_network_is_told_once() -> None:
    names = [name for name, _row in training_words.rows_of(an_eventful_report())]
    assert names == [JITTED, EAGER, "Keras, on PyTorch", f"{EAGER}, tuned (channels_last, fused_adam)"]


def test_a_row_that_was_trained_otherwise_on_another_network_is_told_for_each() -> None:
    first, rung = an_eventful_report().measurements
    other = rung.candidates[1].model_copy(update={"settings": a_setting(threads=1)})
    changed = Measurement(workload=rung.workload, candidates=(rung.candidates[0], other))
    rows = training_words.rows_of(a_report(candidates=first.candidates, rungs=(changed,)))
    told = {name: row.settings.threads for name, row in rows if row.settings}
    assert told == {
        JITTED: 2,
        f"{EAGER}, cnn-tiny": 2,
        f"{EAGER}, cnn-small": 1,
        "Keras, on PyTorch": 2,
    }


def test_marks_say_why_a_row_should_not_be_trusted_and_each_is_explained() -> None:
    jax, eager, broken = an_eventful_report().candidates
    assert training_words.marks(jax) == ["unsteady", "started beside others"]
    assert training_words.marks(eager) == ["disturbed"]
    assert training_words.marks(broken) == ["broken off"]
    assert training_words.marks(a_row()) == []
    assert len(list(training_words.marks_explained([jax, eager, broken]))) == 4
    assert list(training_words.marks_explained([a_row()])) == []


def test_a_warm_start_is_told_apart_from_a_cold_one() -> None:
    jax = an_eventful_report().candidates[0]
    told = training_words.warm_start("JAX", jax)
    assert told == "JAX, started again with warm caches: import 500 ms, first step 250 ms."
    assert training_words.warm_start("JAX", a_row()) is None
