"""Writing graphs with optimum: its exporter with configurations of our own, and its merging of a decoder's two halves.

Imports optimum, which is part of the [train] extra.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optimum.exporters.onnx import export
from optimum.exporters.onnx.base import OnnxConfig
from optimum.onnx.graph_transformations import merge_decoders
from optimum.utils import NormalizedConfig
from transformers import PretrainedConfig

from engine.training.graphs import Graph

OPSET = 18


class GraphConfig(OnnxConfig):
    """Tells optimum what a `Graph` says of itself."""

    NORMALIZED_CONFIG_CLASS = NormalizedConfig

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        super().__init__(PretrainedConfig())

    @property
    def inputs(self) -> dict[str, dict[int, str]]:
        return {name: dict(axes) for name, axes in self._graph.inputs.items()}

    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        return {name: dict(axes) for name, axes in self._graph.outputs.items()}

    @property
    def torch_to_onnx_input_map(self) -> dict[str, str]:
        return dict(self._graph.renamed)

    def generate_dummy_inputs(self, *_framework: str, **_options: Any) -> dict[str, Any]:
        return dict(self._graph.examples)


def write_graph(graph: Graph, path: Path) -> None:
    module = graph.module.eval()
    # The exporter sets options on the module's configuration, which ours do not have.
    object.__setattr__(module, "config", PretrainedConfig())
    with quiet():
        export(module, GraphConfig(graph), path, opset=OPSET, disable_dynamic_axes_fix=True)  # pyright: ignore[reportArgumentType]


def merge_steps(first: Path, following: Path, merged: Path) -> None:
    """One decoder with the switch `use_cache_branch`, weights stored once."""
    with quiet():
        merge_decoders(first, following, save_path=merged, strict=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Tracing warns of every shape it takes for a constant, and the quantiser of every tensor that is no number."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
