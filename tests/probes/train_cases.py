"""Run in a child process by `test_parity`: one candidate trains every case and writes what it computed to an .npz.

python train_cases.py CANDIDATE CASES.json RESULTS.npz
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from probes.batches import Batch, synthetic_batch
from probes.candidates import find_candidate
from probes.errors import InvalidWorkload
from probes.parameters import initial_weights
from probes.workloads import Workload

SEED = 7
STEPS = 5


def main(candidate_id: str, cases: Path, results: Path) -> None:
    candidate = find_candidate(candidate_id)
    adapter = import_module(f"probes.frameworks.{candidate.module}")
    adapter.configure(candidate.mode, SEED)
    arrays: dict[str, object] = {}
    for data in json.loads(cases.read_text()):
        workload = Workload.from_json(data)
        try:
            model = adapter.build(workload, initial_weights(workload, SEED), batch_of(workload), candidate.mode)
        except InvalidWorkload as error:
            arrays[f"{workload.id}/refused"] = str(error)
            continue
        loss, gradients = adapter.loss_and_gradients(model)
        arrays[f"{workload.id}/loss"] = loss
        arrays |= {f"{workload.id}/gradient/{name}": gradient for name, gradient in gradients.items()}
        arrays[f"{workload.id}/mean loss of {STEPS} steps"] = adapter.train(model, STEPS).loss
        arrays[f"{workload.id}/loss after {STEPS} steps"] = adapter.train(model, 1).loss
    np.savez(results, **arrays)


def batch_of(workload: Workload) -> Batch:
    """The synthetic batch, but no token twice: see `probes.frameworks.AdamSettings` on Keras and repeated tokens."""
    batch = synthetic_batch(workload, SEED)
    if workload.input.vocabulary is None:
        return batch
    distinct = np.random.default_rng(SEED).permutation(workload.input.vocabulary)[: batch.inputs.size]
    return batch._replace(inputs=distinct.astype(np.int32).reshape(batch.inputs.shape))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
