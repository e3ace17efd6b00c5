"""Layers of the vocabulary that PyTorch has no module of its own for, and adapters of its modules to others' axes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from probes.networks.shapes import Shape


class ChannelsLast(nn.Module):
    """Applies a module for which the channels are the last axis to an image."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> Tensor:
        values: Tensor = self.module(images.movedim(1, -1))
        return values.movedim(-1, 1)


class FeaturesSecond(nn.Module):
    """Applies a module for which the features are the second axis to a sequence."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, sequences: Tensor) -> Tensor:
        values: Tensor = self.module(sequences.transpose(1, 2))
        return values.transpose(1, 2)


class Trimmed(nn.Module):
    """Applies a convolution or pool without the first rows and columns, and keeps the first windows only."""

    def __init__(self, module: nn.Module, unread: tuple[int, ...], windows: tuple[int, ...]) -> None:
        super().__init__()
        self.module, self.unread, self.windows = module, unread, windows

    def forward(self, images: Tensor) -> Tensor:
        values: Tensor = self.module(images[:, :, self.unread[0] :, self.unread[1] :])
        return values[:, :, : self.windows[0], : self.windows[1]]


class Mean(nn.Module):
    """Mean over the given axes."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, values: Tensor) -> Tensor:
        return values.mean(self.axes)


class FlattenImage(nn.Module):
    """Flattens in the canonical order: the image turned back, channels last."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flip(2, 3).permute(0, 2, 3, 1).flatten(1)


class PixelSequence(nn.Module):
    """Makes steps in the canonical order: the last pixel of the turned image is the first step."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(2).flip(2).transpose(1, 2)


class LearnedPositions(nn.Module):
    """Adds a learned vector to each step."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(shape))

    def forward(self, sequences: Tensor) -> Tensor:
        return sequences + self.positions


class FirstSegment(nn.Module):
    """Adds the learned vector of the first segment to each step."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(count, width))

    def forward(self, sequences: Tensor) -> Tensor:
        return sequences + self.table[0]


class LearnedClassToken(nn.Module):
    """Puts a learned vector before the first step."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(width))

    def forward(self, sequences: Tensor) -> Tensor:
        return torch.cat([self.token.expand(len(sequences), 1, -1), sequences], dim=1)


class FirstOfSequence(nn.Module):
    """Keeps the first step."""

    def forward(self, sequences: Tensor) -> Tensor:
        return sequences[:, 0]


class TokenScores(nn.Linear):
    """A linear layer whose weight `build_network` replaces by the table of the embedding."""


class Recurrent(nn.Module):
    """All states of LSTM or GRU cells, or the last one only."""

    def __init__(self, cells: nn.RNNBase, return_sequences: bool) -> None:
        super().__init__()
        self.cells, self.return_sequences = cells, return_sequences

    def forward(self, sequences: Tensor) -> Tensor:
        states: Tensor = self.cells(sequences)[0]
        return states if self.return_sequences else states[:, -1]


class SelfAttention(nn.Module):
    """Multi-head self-attention with one projection for queries, keys and values."""

    def __init__(self, width: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, values: Tensor) -> Tensor:
        batch, steps, width = values.shape
        projected = self.query_key_value(values).view(batch, steps, 3, self.heads, width // self.heads)
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        result: Tensor = self.output(attended.transpose(1, 2).reshape(batch, steps, width))
        return result


class ResidualConnection(nn.Module):
    """The sum of what two modules make of the same values."""

    def __init__(self, main: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = self.main(values) + self.shortcut(values)
        return result
