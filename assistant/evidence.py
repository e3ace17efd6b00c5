"""What a figure about the person's job rests on."""

from __future__ import annotations

from typing import Literal, get_args

# The job itself was measured here; the candidate was, on other networks; it was on another machine only.
Evidence = Literal["measured", "forecast", "corpus"]
STRONGEST_FIRST: tuple[Evidence, ...] = get_args(Evidence)
