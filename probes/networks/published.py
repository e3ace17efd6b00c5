"""Published networks as layer lists. Dropout is left out everywhere, so that losses can be compared.

Their parameter counts are those of the publications; `tests/probes/test_workloads.py` holds each to its figure.
"""

from __future__ import annotations

from probes.networks.layers import (
    Activation,
    Attention,
    BatchNorm,
    ClassToken,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    FirstStep,
    Flatten,
    GlobalAveragePool,
    ImageToSequence,
    Layer,
    LayerNorm,
    MaxPool2D,
    Positions,
    Residual,
    Segments,
    TiedDense,
    transformer_block,
)

Layers = tuple[Layer, ...]


def resnet(stages: tuple[int, ...], *, bottleneck: bool, outputs: int) -> Layers:
    """ResNet with `stages` blocks of each width (He et al. 2015, arXiv 1512.03385).

    A bottleneck's stride is in its 3x3 convolution, as in torchvision.
    """
    block, expansion = (_bottleneck, 4) if bottleneck else (_basic_block, 1)
    body: list[Layer] = []
    channels = 64
    for stage, blocks in enumerate(stages):
        width = 64 * 2**stage
        for position in range(blocks):
            stride = 2 if stage > 0 and position == 0 else 1
            changed = stride > 1 or channels != width * expansion
            shortcut = _convolution(width * expansion, 1, stride) if changed else ()
            body += [Residual(block(width, stride), shortcut), Activation("relu")]
            channels = width * expansion
    stem = (*_convolution(64, 7, 2), Activation("relu"), MaxPool2D(size=3, stride=2))
    return (*stem, *body, GlobalAveragePool(), Dense(outputs))


def _basic_block(width: int, stride: int) -> Layers:
    return (*_convolution(width, 3, stride), Activation("relu"), *_convolution(width, 3))


def _bottleneck(width: int, stride: int) -> Layers:
    return (
        *_convolution(width, 1),
        Activation("relu"),
        *_convolution(width, 3, stride),
        Activation("relu"),
        *_convolution(4 * width, 1),
    )


def _convolution(filters: int, kernel: int, stride: int = 1) -> Layers:
    return Conv2D(filters, kernel, stride, bias=False), BatchNorm()


# Width and stride of the blocks of MobileNet (Howard et al. 2017, arXiv 1704.04861, table 1).
_MOBILENET_V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))

# Expansion, channels, blocks and first stride of the stages of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381,
# table 2).
_MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def mobilenet_v1(outputs: int) -> Layers:
    """MobileNet of width 1 (Howard et al. 2017, arXiv 1704.04861), with ReLU6 as Keras has it."""
    relu6 = Activation("relu6")
    body: list[Layer] = [*_convolution(32, 3, 2), relu6]
    for width, stride in _MOBILENET_V1:
        body += [DepthwiseConv2D(3, stride, bias=False), BatchNorm(), relu6, *_convolution(width, 1), relu6]
    return (*body, GlobalAveragePool(), Dense(outputs))


def mobilenet_v2(outputs: int, multiplier: float = 1.0) -> Layers:
    """MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381), every width but the last times `multiplier`."""
    relu6 = Activation("relu6")
    channels = _multiple_of_8(32 * multiplier)
    body: list[Layer] = [*_convolution(channels, 3, 2), relu6]
    for expansion, full_width, blocks, first_stride in _MOBILENET_V2:
        width = _multiple_of_8(full_width * multiplier)
        for position in range(blocks):
            stride = first_stride if position == 0 else 1
            block = _inverted_residual(channels, expansion, width, stride)
            body += [Residual(block)] if stride == 1 and channels == width else block
            channels = width
    return (*body, *_convolution(1280, 1), relu6, GlobalAveragePool(), Dense(outputs))


def _multiple_of_8(channels: float) -> int:
    """The nearest multiple of 8, at least 8: what vector units like best."""
    return max(8, 8 * round(channels / 8))


def _inverted_residual(channels: int, expansion: int, width: int, stride: int) -> Layers:
    relu6 = Activation("relu6")
    expanded = (*_convolution(channels * expansion, 1), relu6) if expansion > 1 else ()
    return (*expanded, DepthwiseConv2D(3, stride, bias=False), BatchNorm(), relu6, *_convolution(width, 1))


def vgg(stages: tuple[int, ...], outputs: int) -> Layers:
    """VGG with `stages` 3x3 convolutions of each width (Simonyan and Zisserman 2014, arXiv 1409.1556)."""
    body: list[Layer] = []
    for width, convolutions in zip((64, 128, 256, 512, 512), stages, strict=True):
        body += [part for _ in range(convolutions) for part in (Conv2D(width, 3), Activation("relu"))]
        body.append(MaxPool2D(size=2, stride=2))
    relu = Activation("relu")
    return (*body, Flatten(), Dense(4096), relu, Dense(4096), relu, Dense(outputs))


def vision_transformer(*, patch: int, width: int, depth: int, heads: int, outputs: int) -> Layers:
    """ViT (Dosovitskiy et al. 2020, arXiv 2010.11929): pre-norm blocks, the class token is classified."""
    blocks = [layer for _ in range(depth) for layer in transformer_block(width, heads, hidden=4 * width)]
    patches = (Conv2D(width, kernel=patch, stride=patch), ImageToSequence(), ClassToken(), Positions())
    return (*patches, *blocks, LayerNorm(), FirstStep(), Dense(outputs))


def bert(*, vocabulary: int, width: int, depth: int, heads: int, outputs: int) -> Layers:
    """BERT with its pooler and a classifier (Devlin et al. 2018, arXiv 1810.04805): post-norm blocks.

    Positions are as many as there are tokens in the input, 512 when pre-trained.
    """
    blocks: list[Layer] = []
    for _ in range(depth):
        feed_forward = (Dense(4 * width), Activation("gelu"), Dense(width))
        blocks += [Residual((Attention(heads),)), LayerNorm(), Residual(feed_forward), LayerNorm()]
    embeddings = (Embedding(vocabulary, width), Positions(), Segments(2), LayerNorm())
    pooler = (FirstStep(), Dense(width), Activation("tanh"))
    return (*embeddings, *blocks, *pooler, Dense(outputs))


def gpt(*, vocabulary: int, width: int, depth: int, heads: int) -> Layers:
    """GPT-2 (Radford et al. 2019): causal pre-norm blocks, the next token scored with the embedding; exact gelu."""
    blocks = [layer for _ in range(depth) for layer in transformer_block(width, heads, hidden=4 * width, causal=True)]
    return (Embedding(vocabulary, width), Positions(), *blocks, LayerNorm(), TiedDense(vocabulary))
