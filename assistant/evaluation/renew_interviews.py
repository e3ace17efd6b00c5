"""Renews the interviews in the published evaluations: `python -m assistant.evaluation.renew_interviews`.

They depend on questions and rules, not on measurements; all else in an evaluation takes many minutes of replaying.
"""

from __future__ import annotations

from assistant.corpus.records import DIRECTORY
from assistant.evaluation.interviews import interviews, people
from assistant.evaluation.published import publish, published
from knowledge.load import load


def main() -> None:
    """Renew them all; a minute for each."""
    for each in published():
        found = interviews(people(each.machine, load()), load())
        publish(each.evaluation.model_copy(update={"interviews": found}), each.machine, DIRECTORY)


if __name__ == "__main__":
    main()
