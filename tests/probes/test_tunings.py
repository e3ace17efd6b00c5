"""Which documented tunings apply where."""

from __future__ import annotations

import pytest

from probes import tunings
from probes.candidates import CANDIDATES, find_candidate
from probes.tunings import TUNINGS, applicable, device_kind
from probes.workloads import find_workload


def ids(candidate: str, workload: str, device: str = "cpu", *, reduced_precision: bool = False) -> set[str]:
    found = applicable(
        find_candidate(candidate), find_workload(workload), device, reduced_precision=reduced_precision
    )
    return {tuning.id for tuning in found}


@pytest.mark.parametrize(
    ("candidate", "workload", "expected"),
    [
        ("pytorch-eager", "mlp-tiny", {"fused_adam", "keep_memory"}),
        ("pytorch-eager", "resnet-18", {"fused_adam", "channels_last", "keep_memory"}),
        ("pytorch-compile", "cnn-tiny", {"fused_adam", "channels_last", "keep_memory"}),
        ("pytorch-eager", "vit-tiny", {"fused_adam", "channels_last", "keep_memory"}),
        ("tensorflow-graph", "cnn-tiny", {"while_loop"}),
        ("tensorflow-xla", "lstm-tiny", {"while_loop"}),
        ("keras-tensorflow", "mlp-tiny", {"steps_per_execution"}),
        ("keras-jax", "mlp-tiny", {"steps_per_execution"}),
        ("keras-torch", "cnn-tiny", {"keep_memory"}),
        ("jax-jit", "transformer-tiny", {"fori_loop"}),
        ("scikit-learn", "mlp-tiny", set()),
    ],
)
def test_what_applies_on_a_cpu(
    candidate: str, workload: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunings, "_has_glibc", lambda: True)
    assert ids(candidate, workload) == ids(candidate, workload, reduced_precision=True) == expected


@pytest.mark.parametrize(("glibc", "device"), [(False, "cpu"), (True, "cuda:0"), (True, "mps:0")])
def test_memory_is_kept_only_where_glibc_gives_it_and_a_cpu_uses_it(
    glibc: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunings, "_has_glibc", lambda: glibc)
    assert "keep_memory" not in ids("pytorch-eager", "cnn-tiny", device)


@pytest.mark.parametrize("candidate", ["tensorflow-graph", "keras-jax", "jax-jit"])
def test_several_steps_a_call_are_for_short_steps_only_and_a_gpu_shortens_them(candidate: str) -> None:
    assert ids(candidate, "mlp-tiny", "cpu:0") == ids(candidate, "mlp-tiny", "cuda:0") != set()
    assert ids(candidate, "mlp-medium", "cpu:0") == set() != ids(candidate, "mlp-medium", "cuda:0")
    assert ids(candidate, "resnet-50", "cuda:0") == set()


@pytest.mark.parametrize("device", ["cuda:0", "gpu:0"])
@pytest.mark.parametrize("candidate", [each.id for each in CANDIDATES if each.framework != "scikit-learn"])
def test_reduced_precision_is_offered_on_a_gpu_and_only_when_asked_for(candidate: str, device: str) -> None:
    default, reduced = ids(candidate, "cnn-tiny", device), ids(candidate, "cnn-tiny", device, reduced_precision=True)
    assert reduced - default == {"tf32", "mixed_bfloat16"}
    assert ids(candidate, "cnn-tiny", "cpu", reduced_precision=True).isdisjoint({"tf32", "mixed_bfloat16"})


def test_cudnn_searches_for_convolutions_on_a_gpu_only() -> None:
    assert "cudnn_benchmark" in ids("pytorch-eager", "cnn-tiny", "cuda:0")
    assert "cudnn_benchmark" in ids("keras-torch", "cnn-tiny", "cuda:0")
    assert "cudnn_benchmark" not in ids("pytorch-eager", "mlp-tiny", "cuda:0")
    assert "cudnn_benchmark" not in ids("pytorch-eager", "cnn-tiny", "mps:0")


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("cpu", "cpu"),
        ("cpu:0", "cpu"),
        ("TFRT_CPU_0", "cpu"),
        ("cuda:0", "gpu"),
        ("gpu:0", "gpu"),
        ("rocm:0", "gpu"),
        ("mps:0", "other"),
        ("TPU_0(process=0,(0,0,0,0))", "other"),
    ],
)
def test_devices_are_told_apart_as_frameworks_name_them(device: str, kind: str) -> None:
    assert device_kind(device) == kind


def test_every_tuning_is_documented_once_and_for_known_candidates() -> None:
    assert len({tuning.id for tuning in TUNINGS}) == len(TUNINGS)
    assert all(tuning.source.startswith("https://") for tuning in TUNINGS)
    assert {candidate for tuning in TUNINGS for candidate in tuning.candidates} <= {each.id for each in CANDIDATES}
