"""Further places for metrics: TensorBoard always, Weights & Biases and trackio by one setting each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboardX import SummaryWriter  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from qwenlong.metrics import Logger


class TensorBoard:
    """Event files under `tensorboard/`."""

    def __init__(self, directory: Path) -> None:
        """Open a new event file of the run with the first metrics, after a resumed run has cut the old ones back."""
        self._directory = directory / "tensorboard"
        self._writer: Any = None

    def log(self, values: dict[str, float], *, step: int) -> None:
        """Write scalars."""
        self._writer = self._writer or SummaryWriter(str(self._directory))
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def flush(self) -> None:
        """Write what is pending to disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Flush and end."""
        if self._writer is not None:
            self._writer.close()


class Tracker:
    """Weights & Biases or trackio, which share their calls."""

    def __init__(self, module: Any, directory: Path) -> None:
        """Begin a run of project qwenlong, named like its directory."""
        self._module = module
        options = {"dir": str(directory)} if module.__name__ == "wandb" else {}
        module.init(project="qwenlong", name=directory.name, **options)

    def log(self, values: dict[str, float], *, step: int) -> None:
        """Send numbers."""
        self._module.log(values, step=step)

    def flush(self) -> None:
        """Nothing to do: these packages keep their own files."""

    def close(self) -> None:
        """End the run."""
        self._module.finish()


def build_loggers(names: Sequence[str], directory: Path) -> list[Logger]:
    """TensorBoard, then what is named.

    Raises:
        ValueError: a package that is not installed, with the command that installs it.
    """
    loggers: list[Logger] = [TensorBoard(directory)]
    for name in names:
        try:
            module = __import__(name)
        except ImportError:
            raise ValueError(f"run.loggers names {name}, which is not installed: pip install {name}") from None
        loggers.append(Tracker(module, directory))
    return loggers
