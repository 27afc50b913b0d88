"""MobileNetV2 as a torch module, started from the int8 network that its makers published.

Batch norm is folded into the convolutions, as in the file: at this size of data its running means would only drift,
and a folded network trains and exports as it is. Padding follows the file's convention, which is below and to the
right on layers that halve the picture, so the network only accepts sizes that are multiples of 32.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import TrainingError
from engine.training.tflite import Operator, read_operators

FEATURE_WIDTH = 1280
STRIDE = 32
_STEM_WIDTH = 32
# expansion, channels, repeats, stride of the first repeat
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class Conv(nn.Conv2d):
    """A convolution with bias, the file's padding, and ReLU6 where `rectify`."""

    def __init__(self, widths: tuple[int, int], kernel: int = 1, stride: int = 1, *, rectify: bool = True) -> None:
        groups = widths[1] if kernel == 3 and widths[0] == widths[1] else 1
        padding = 1 if kernel == 3 and stride == 1 else 0
        super().__init__(*widths, kernel, stride, padding, groups=groups)
        self.rectify = rectify
        self.pads_below = stride == 2

    def forward(self, input: Tensor) -> Tensor:
        if self.pads_below:
            input = functional.pad(input, (0, 1, 0, 1))
        out = super().forward(input)
        return functional.relu6(out, inplace=True) if self.rectify else out


class Block(nn.Module):
    """Expand, filter each channel, project; with a shortcut where shapes allow."""

    def __init__(self, widths: tuple[int, int], expansion: int, stride: int) -> None:
        super().__init__()
        inside = widths[0] * expansion
        convs = [Conv((widths[0], inside))] if expansion > 1 else []
        convs += [Conv((inside, inside), 3, stride), Conv((inside, widths[1]), rectify=False)]
        self.convs = nn.Sequential(*convs)
        self.has_shortcut = stride == 1 and widths[0] == widths[1]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convs(x) if self.has_shortcut else self.convs(x)


class MobileNetV2(nn.Module):
    """Pictures [N, 3, H, W] in -1..1 to a grid of features [N, 1280, H/32, W/32]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv((3, _STEM_WIDTH), 3, 2)
        blocks: list[Block] = []
        width = _STEM_WIDTH
        for expansion, channels, repeats, stride in _STAGES:
            for repeat in range(repeats):
                blocks.append(Block((width, channels), expansion, stride if repeat == 0 else 1))
                width = channels
        self.blocks = nn.Sequential(*blocks)
        self.top = Conv((width, FEATURE_WIDTH))
        self.still_layers = 0
        """The lowest layers do not learn while this is above 0: they cost most, and change least."""

    def forward(self, pictures: Tensor) -> Tensor:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.still_layers):
            x = pictures
            for layer in self.layers()[: self.still_layers]:
                x = layer(x)
        for layer in self.layers()[self.still_layers :]:
            x = layer(x)
        return x

    def layers(self) -> list[nn.Module]:
        """Stem, blocks and top in order of depth, for learning rates that fall with depth."""
        return [self.stem, *self.blocks, self.top]


def channels_last(network: MobileNetV2) -> None:
    """Lay the weights out so that each pixel's channels lie together: nearly twice as fast on processors."""
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def load_backbone(path: Path) -> tuple[MobileNetV2, nn.Linear]:
    """The published network and its classifier of 1,001 classes, as real numbers."""
    weighted = [op for op in read_operators(path) if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    network = MobileNetV2()
    convs = [module for module in network.modules() if isinstance(module, Conv)]
    if len(weighted) != len(convs) + 1:
        raise TrainingError(str(path), "this is not a MobileNetV2", "Put the original file back")
    for conv, operator in zip(convs, weighted, strict=False):
        _fill(conv, operator)
    classifier = nn.Linear(FEATURE_WIDTH, len(_values(weighted[-1], 2)))
    with torch.no_grad():
        classifier.weight.copy_(_values(weighted[-1], 1).flatten(1))
        classifier.bias.copy_(_values(weighted[-1], 2))
    return network, classifier


def _fill(conv: Conv, operator: Operator) -> None:
    weight = _values(operator, 1)
    # The file keeps channels last: [out, h, w, in], and [1, h, w, channel] for one filter a channel.
    order = (3, 0, 1, 2) if operator.kind == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
    with torch.no_grad():
        conv.weight.copy_(weight.permute(order))
        conv.bias.copy_(_values(operator, 2))  # pyright: ignore[reportOptionalMemberAccess]


def _values(operator: Operator, index: int) -> Tensor:
    values = operator.inputs[index].values
    if values is None:
        raise TrainingError(operator.inputs[index].name, "this layer holds no weights", "Put the original file back")
    return torch.from_numpy(values)
