"""Reinforcement learning of long-document reasoning: the QwenLong-L1 recipe with native kernels.

Importing the package loads nothing heavy: the scorer's names (`score`, `match`, ...) are fetched on first use, and the
trainer's rooms are imported by their own names (`qwenlong.train`, `qwenlong.config`, ...).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qwenlong.scoring import (
        Scorer,
        Spans,
        extract,
        match,
        match_batch,
        profiles,
        score,
        score_batch,
    )

__all__ = ["Scorer", "Spans", "extract", "match", "match_batch", "profiles", "score", "score_batch"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Fetch a lazy export on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("qwenlong.scoring"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the lazy exports too."""
    return sorted({*globals(), *__all__})
