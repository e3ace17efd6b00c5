"""Repeats: blocks of layers that come several times in a row, and the same network with fewer of them.

A block that halves the image is no repeat, for what follows it would then see a larger one.
"""

from __future__ import annotations

from probes.networks.layers import Layer

Layers = tuple[Layer, ...]

# A block of a known network has no more layers than this outside of its residual branches.
LONGEST_BLOCK = 8


def most_repeats(layers: Layers) -> int:
    """How many times the most repeated block comes in a row; 1 where nothing repeats."""
    return max((count for _, count in _runs(layers)), default=1)


def with_repeats(layers: Layers, repeats: int) -> Layers:
    """The layers with every block that comes more often in a row cut to so many of it."""
    return tuple(layer for block, count in _runs(layers) for layer in block * min(count, repeats))


def _runs(layers: Layers) -> list[tuple[Layers, int]]:
    """All layers in order, as blocks and how many times each comes in a row."""
    runs: list[tuple[Layers, int]] = []
    while layers:
        block, count = max(_starting(layers), key=lambda run: (len(run[0]) * run[1] if run[1] > 1 else 1, run[1]))
        runs.append((block, count))
        layers = layers[len(block) * count :]
    return runs


def _starting(layers: Layers) -> list[tuple[Layers, int]]:
    """Each block that the layers may begin with, and how many times it comes in a row there."""
    found: list[tuple[Layers, int]] = []
    for length in range(1, min(LONGEST_BLOCK, len(layers)) + 1):
        block, count = layers[:length], 1
        while layers[length * count : length * (count + 1)] == block:
            count += 1
        if length == 1 and not _keeps_shape(block):
            found.append((block, 1))
        elif length == 1 or (count > 1 and _keeps_shape(block)):
            found.append((block, count))
    return found


def _keeps_shape(block: Layers) -> bool:
    return all(getattr(layer, "stride", 1) == 1 for layer in block)
