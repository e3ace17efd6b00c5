"""Networks with a name: how it is written, how large they are and which tasks they are for."""

from __future__ import annotations

from functools import cache

from assistant.project import Project
from assistant.target import target
from probes.costs import costs
from probes.workloads import NAMED, REFERENCE, Workload

WRITERS = ("text_generation",)
ANY_TASK = (None, "other")

_SPELLINGS = {"resnet": "ResNet", "mobilenet": "MobileNet", "vit": "ViT"}
_ABBREVIATIONS = ("vgg", "bert", "gpt", "lstm", "gru", "mlp", "mnist")


def network_name(workload_id: str) -> str:
    """`ResNet-18` for `resnet-18`; an id that names no known network stays as it is."""
    if workload_id not in NAMED:
        return workload_id
    return "-".join(map(_spelled, workload_id.split("-")))


def networks_for(task: str | None) -> tuple[str, ...]:
    """The ids of the reference workloads that are for the task; all of them while the task is open."""
    return tuple(workload_id for workload_id in REFERENCE if is_for(workload_id, task))


@cache
def is_for(workload_id: str, task: str | None) -> bool:
    """Whether the network reads what the task's own network reads, and predicts what the task asks for."""
    if task in ANY_TASK:
        return True
    network, usual = REFERENCE[workload_id], target(Project.model_validate({"task": task})).workload
    return _reads_and_predicts(network) == _reads_and_predicts(usual) and _writes(network) == (task in WRITERS)


def parameters(workload_id: str) -> int:
    """How many parameters a reference workload trains."""
    return costs(REFERENCE[workload_id]).parameters


def _reads_and_predicts(network: Workload) -> tuple[int, bool, str]:
    return len(network.input.shape), network.input.vocabulary is not None, network.loss


def _writes(network: Workload) -> bool:
    """Whether it predicts the next token of its own vocabulary."""
    return network.outputs == network.input.vocabulary


def _spelled(word: str) -> str:
    return word.upper() if word in _ABBREVIATIONS else _SPELLINGS.get(word, word)
