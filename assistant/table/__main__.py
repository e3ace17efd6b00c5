"""A table tried in a process of its own: `python -m assistant.table FILE NAME [TARGET]`.

Waits until nothing is being measured on this machine, says so with an empty line on stdout, and prints a `TableTrial`
as JSON; or what is wrong with the table on stderr (exit code 2).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import InvalidInput
from assistant.language import _, environment_language, use_language
from probes.machine_lock import machine_to_itself


def main(arguments: Sequence[str]) -> int:
    """Print the trial of a table; 2 for what is none."""
    use_language(environment_language(os.environ))
    path, name, *target = arguments
    warnings.simplefilter("ignore")
    try:
        with machine_to_itself():
            sys.stdout.write("\n")
            sys.stdout.flush()
            found = _tried(Path(path), name, target[0] if target else None)
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(found)
    return 0


def _tried(path: Path, name: str, target: str | None) -> str:
    # Seconds of computing to import: not while others are being measured.
    from assistant.table.trial import try_models  # noqa: PLC0415

    try:
        return try_models(path, name, target).model_dump_json()
    except ValueError as error:
        raise InvalidInput(
            _("No model could be fitted on {name}: {reason}. Leave out the column that it speaks of.").format(
                name=name, reason=" ".join(str(error).split())
            )
        ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
