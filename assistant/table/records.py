"""What a look at a table found."""

from __future__ import annotations

from typing import Literal

from assistant.table.scores import interval, surely_better
from probes.records import Record

TableTask = Literal["tabular_classification", "tabular_regression", "text_classification"]
ModelName = Literal["constant", "linear", "boosting", "network"]
Metric = Literal["accuracy", "r2"]


class ModelResult(Record):
    """One model on rows that it was not fitted on: its score on each fold, and seconds for one fit.

    `constant` always says the most frequent class, or the mean: who does no better has learned nothing.
    """

    model: ModelName
    scores: tuple[float, ...]
    fit_s: float

    @property
    def score(self) -> float:
        """The mean of the folds."""
        return interval(self.scores)[0]

    @property
    def range(self) -> tuple[float, float]:
        """The 90 % interval of the mean."""
        _mean, low, high = interval(self.scores)
        return low, high


class TableFacts(Record):
    """What the table tells of the project. `inputs` are the columns to predict `target` from; `left_out` names those
    that no model here uses (a row's own name, a date, a remark), `size_gb` is that of the file in 10^9 bytes.
    """

    name: str
    columns: tuple[str, ...]
    target: str
    task: TableTask
    rows: int
    inputs: int
    left_out: tuple[str, ...] = ()
    size_gb: float

    @property
    def answers(self) -> dict[str, object]:
        """The fields of a project that it answers."""
        told: dict[str, object] = {"task": self.task, "dataset_rows": self.rows, "dataset_gb": self.size_gb}
        return told if self.task == "text_classification" else told | {"input_size": self.inputs}


class TableTrial(Record):
    """The facts, and the models that were tried on `sampled` of its rows, scored by `metric` on the same folds."""

    facts: TableFacts
    metric: Metric
    sampled: int
    models: tuple[ModelResult, ...]

    def model(self, name: ModelName) -> ModelResult | None:
        """The result of this model, if it was tried."""
        return next((each for each in self.models if each.model == name), None)

    @property
    def best_simple(self) -> ModelResult | None:
        """The better one of the linear model and the boosted trees; of two alike the one that fits faster."""
        if not self._simple:
            return None
        best = max(self._simple, key=lambda each: each.score)
        alike = [each for each in self._simple if not surely_better(best.scores, each.scores)]
        return min(alike, key=lambda each: each.fit_s)

    @property
    def learned(self) -> bool:
        """Whether a simple model surely does better than always giving the same answer."""
        constant = self.model("constant")
        return constant is not None and any(surely_better(each.scores, constant.scores) for each in self._simple)

    @property
    def network(self) -> Literal["better", "alike", "worse"] | None:
        """How a small network does beside the simple models, as far as that is sure; None where none was tried."""
        network, best = self.model("network"), self.best_simple
        if network is None or best is None:
            return None
        if all(surely_better(network.scores, each.scores) for each in self._simple):
            return "better"
        return "worse" if surely_better(best.scores, network.scores) else "alike"

    @property
    def simple_will_do(self) -> bool:
        """Whether a simple model learned something, and a small network surely nothing more."""
        return self.learned and self.network in {"alike", "worse"}

    @property
    def _simple(self) -> list[ModelResult]:
        return [each for each in self.models if each.model in {"linear", "boosting"}]
