"""Run in a child process by `test_parity`: one candidate trains every case and writes what it computed to an .npz.

python train_cases.py CANDIDATE CASES.json RESULTS.npz

A case is {"id", "workload", "tunings", "anywhere"}: with `anywhere` the tunings are taken on devices, too, that are
not documented to profit from them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from unittest import mock

import numpy as np

from probes.batches import Batch, synthetic_batch
from probes.candidates import PACKAGES, find_candidate
from probes.errors import InvalidWorkload
from probes.hiding import hide
from probes.networks.parameters import initial_weights
from probes.workloads import Workload

SEED = 7
STEPS = 5


def main(candidate_id: str, cases: Path, results: Path) -> None:
    candidate = find_candidate(candidate_id)
    # As a worker does: two frameworks in one process have crashed in each other's native code.
    hide(set(PACKAGES) - {candidate.package})
    adapter = import_module(f"probes.frameworks.{candidate.module}")
    arrays: dict[str, object] = {}
    for case in json.loads(cases.read_text()):
        adapter.configure(candidate.mode, SEED)  # what a case drops is then no matter of those before it
        try:
            computed = train(adapter, candidate.mode, case)
        except InvalidWorkload as error:
            computed = {"refused": str(error)}
        arrays |= {f"{case['id']}/{key}": value for key, value in computed.items()}
    np.savez(results, **arrays)


def train(adapter: object, mode: str, case: dict[str, object]) -> dict[str, object]:
    workload = Workload.from_json(case["workload"])
    weights, batch, tunings = initial_weights(workload, SEED), batch_of(workload), frozenset(case["tunings"])
    if case["anywhere"]:
        with mock.patch.multiple(adapter, require_tunings=mock.DEFAULT, require_units=mock.DEFAULT):
            model = adapter.build(workload, weights, batch, mode, tunings)
    else:
        model = adapter.build(workload, weights, batch, mode, tunings)
    computed: dict[str, object] = {"settings": json.dumps(asdict(adapter.settings(model)))}
    computed["loss"], gradients = adapter.loss_and_gradients(model)
    computed |= {f"gradient/{name}": gradient for name, gradient in gradients.items()}
    computed[f"mean loss of {STEPS} steps"] = adapter.train(model, STEPS).loss
    computed[f"loss after {STEPS} steps"] = adapter.train(model, 1).loss
    return computed


def batch_of(workload: Workload) -> Batch:
    """The synthetic batch, but no token twice: see `probes.frameworks.AdamSettings` on Keras and repeated tokens."""
    batch = synthetic_batch(workload, SEED)
    if workload.input.vocabulary is None:
        return batch
    distinct = np.random.default_rng(SEED).permutation(workload.input.vocabulary)[: batch.inputs.size]
    return batch._replace(inputs=distinct.astype(np.int32).reshape(batch.inputs.shape))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
