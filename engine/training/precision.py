"""Half precision where it pays: on GPUs, and on processors that can multiply in it.

Others only imitate it, fifty times slower than 32-bit floats, and get those.
"""

from __future__ import annotations

from functools import cache

import torch


def fast(device: torch.device | str, *, wanted: bool = True) -> torch.autocast:
    """Matrix products in bfloat16 if `wanted` and quicker; sums stay float32."""
    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=wanted and half(kind) == torch.bfloat16)


def half(kind: str) -> torch.dtype:
    """The quickest kind of number for products on `cpu` or `cuda`."""
    return torch.bfloat16 if kind != "cpu" or _processor_has_bfloat16() else torch.float32


@cache
def _processor_has_bfloat16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
