"""Every metric's name, unit and meaning, declared once; and the files they go to.

Values that depend on clock or memory end in `_seconds` or `_per_second` or contain `memory`; all others are the same in
a resumed run. Missing is null.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import resource
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from qwenlong.enginecounts import engine_metrics
from qwenlong.records import EngineCounts, Finish, Group, Scored

if TYPE_CHECKING:
    from qwenlong.update import UpdateReport

METRICS: dict[str, tuple[str, str]] = {
    "loss": ("1", "objective, mean over mini-batches"),
    "grad_norm": ("1", "global gradient norm before clipping, mean over mini-batches"),
    "learning_rate": ("1", "of the step's last update"),
    "entropy": ("nats", "policy's entropy per computed response token"),
    "clip_share": ("share", "computed tokens at which clipping acts"),
    "kl": ("nats", "divergence from the reference per computed token; null without a KL term"),
    "mismatch": ("nats", "mean absolute difference of engine's and policy's log-probs"),
    "mismatch_kl": ("nats", "divergence of the policy from what the engine sampled, per computed token (k3)"),
    "corrected_share": ("share", "computed tokens with policy / engine beyond the limits of losses.correction"),
    "reward": ("1", "mean shaped reward of all scored rollouts"),
    "accuracy": ("share", "mean task reward of the new examples' rollouts, before shaping and filtering"),
    "retrospective_accuracy": ("share", "the same of examples brought back; null where there are none"),
    "well_formed": ("share", "responses with an anchored answer after finished reasoning"),
    "unscored": ("count", "rollouts without a verdict"),
    "groups": ("count", "groups sampled"),
    "groups_retrospective": ("count", "of them brought back from earlier phases"),
    "groups_trained": ("count", "groups the update saw"),
    "groups_dropped": ("count", "groups replaced by dynamic sampling"),
    "signal_share": ("share", "sampled groups whose rewards differ"),
    "prompt_tokens": ("tokens", "mean prompt length"),
    "response_tokens": ("tokens", "mean response length"),
    "trained_tokens": ("tokens", "response tokens that were computed in the update"),
    **{f"finish_{finish.value}": ("share", f"rollouts that ended as {finish.value}") for finish in Finish},
    "probe_accuracy": ("share", "greedy accuracy on the warm-up's probes; null between measurements"),
    "input_tokens": ("tokens", "input limit of the evaluated questions"),
    "questions": ("count", "evaluated questions"),
    **{f"pass_at_{k}": ("share", f"unbiased pass@{k}") for k in (1, 2, 4, 8)},
    "judge_questions": ("count", "answers the judge was asked about"),
    "judge_yes_share": ("share", "of its verdicts that accept"),
    "judge_missing": ("count", "of its questions without a verdict"),
    "judge_disagreements": ("count", "rollouts that rule and judge see differently"),
    "judge_false_positive_rate": ("share", "known wrong pairs that the judge accepts; null between trials"),
    "judge_false_negative_rate": ("share", "known right pairs that the judge refuses; null between trials"),
    "judge_trick_rate": ("share", "answers that say nothing which the judge accepts; null between trials"),
    "judge_canaries_missing": ("count", "known pairs without a verdict; null between trials"),
    "judge_latency_seconds": ("s", "mean time of a reply; null where none was needed"),
    "judge_wait_seconds": ("s", "spent waiting for the judge, on the slowest rank"),
    "cache_hit_share": ("share", "prompt tokens that the engine found in its prefix cache; null where it has none"),
    "prefilled_again_share": ("share", "prompt tokens computed more than once, over all; null where it cannot tell"),
    "draft_acceptance": ("share", "speculated tokens that were accepted; null without speculation"),
    "preemptions": ("count", "responses the engine put back for want of memory; null where it cannot tell"),
    "servers_lost": ("count", "servers of a pool that were given up, each once for all ranks; null without a pool"),
    "requests_moved": ("count", "requests that went to another server for it; null without a pool"),
    "engine_idle_seconds": ("s", "of the step without work, mean over engines"),
    "engine_idle_per_second": ("share", "of the step's time without work, mean over engines: the idle share"),
    "rollout_seconds": ("s", "push of the weights, sampling and scoring"),
    "update_seconds": ("s", "old log-probs and updates"),
    "step_seconds": ("s", "the whole step"),
    "tokens_per_second": ("tokens/s", "prompt and response tokens of the step per second of it"),
    "peak_memory_gb": ("GB", "largest resident memory of rank 0 so far"),
}
"""Name -> (unit, meaning)."""

FILES = ("metrics.jsonl", "rollouts.jsonl", "groups.jsonl", "judge_disagreements.jsonl")
"""The append-only files of a run."""


class Logger(Protocol):
    """Another place for the same metrics."""

    def log(self, values: dict[str, float], *, step: int) -> None:
        """Numbers under `stage/name`."""

    def flush(self) -> None:
        """Write what is pending to disk."""

    def close(self) -> None:
        """Flush and end."""


class Journal:
    """metrics.jsonl, rollouts.jsonl and further loggers; only rank 0 writes. A checkpoint holds their sizes."""

    name = "journal"
    version = 1
    sharded = False

    def __init__(self, directory: Path, *, writes: bool, loggers: Sequence[Logger] = ()) -> None:
        """Append to the files of a run directory."""
        self._directory = directory
        self._paths = {name: directory / name for name in FILES}
        self._writes, self._loggers = writes, loggers

    def write(self, stage: str, *, phase: int | None, step: int, counter: int, values: dict[str, float | None]) -> None:
        """One line; `counter` counts over stages, for loggers with one axis.

        Raises:
            KeyError: a metric that METRICS does not declare.
        """
        for name in values:
            METRICS[name]
        if not self._writes:
            return
        clean = {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}
        self.append("metrics.jsonl", [{"stage": stage, "phase": phase, "step": step, **clean}])
        numbers = {f"{stage}/{name}": value for name, value in clean.items() if value is not None}
        for logger in self._loggers:
            logger.log(numbers, step=counter)

    def append(self, file: str, records: Iterable[dict[str, Any]]) -> None:
        """JSON objects to one of the files."""
        if self._writes:
            with self._paths[file].open("a", encoding="utf-8") as handle:
                for record in records:
                    _dump(record, handle)

    def write_groups(
        self,
        kept: Sequence[Group],
        dropped: Sequence[Group],
        *,
        phase: int,
        step: int,
        full: bool,
        decode: Callable[[NDArray[np.int32]], str],
    ) -> None:
        """All groups of a step to rollouts.jsonl, the dropped ones with why."""
        if self._writes:
            marked = [*((group, None) for group in kept), *((group, "no_signal") for group in dropped)]
            self.append(
                "rollouts.jsonl",
                (
                    group_record(
                        group, phase=phase, step=step, dropped=why, text=decode(group.prompt.token_ids), full=full
                    )
                    for group, why in marked
                ),
            )

    def clear(self) -> None:
        """Begin anew."""
        for path in self._files():
            path.unlink()

    def close(self) -> None:
        """End the loggers."""
        for logger in self._loggers:
            logger.close()

    def save(self, directory: Path) -> None:
        """Write every append-only file's size and a hash of its end."""
        for logger in self._loggers:
            logger.flush()
        ends = {
            str(p.relative_to(self._directory)): (p.stat().st_size, _end(p, p.stat().st_size)) for p in self._files()
        }
        (directory / "sizes.json").write_text(json.dumps(ends), "utf-8")

    def load(self, directory: Path, version: int) -> None:
        """Cut the files back to the checkpoint; later ones go.

        Raises:
            ValueError: a file is shorter than the checkpoint knows it, or was changed before the cut.
        """
        ends = json.loads((directory / "sizes.json").read_text("utf-8"))
        if not self._writes:
            return
        for name, (size, end) in ends.items():
            path = self._directory / name
            have = path.stat().st_size if path.is_file() else 0
            if have < size:
                raise ValueError(f"{path} has {have} bytes, the checkpoint knows of {size}: the file was changed")
            if _end(path, size) != end:
                raise ValueError(f"{path} was changed before byte {size}, where the checkpoint would cut it")
        for path in self._files():
            size = ends.get(str(path.relative_to(self._directory)), [0])[0]
            if size or path in self._paths.values():
                os.truncate(path, size)
            else:
                path.unlink()

    def _files(self) -> list[Path]:
        return [p for p in (*self._paths.values(), *self._directory.glob("tensorboard/*")) if p.is_file()]


def _end(path: Path, size: int) -> str:
    """Hash of the last 4,096 bytes before `size`."""
    with path.open("rb") as file:
        file.seek(max(0, size - 4096))
        return hashlib.blake2b(file.read(min(size, 4096)), digest_size=16).hexdigest()


def _dump(record: dict[str, Any], handle: TextIO) -> None:
    handle.write(json.dumps(record, ensure_ascii=True, allow_nan=False) + "\n")


def step_metrics(
    kept: Sequence[Group],
    dropped: Sequence[Group],
    *,
    report: UpdateReport | None,
    times: tuple[float, float, float],
    engines: Sequence[EngineCounts],
) -> dict[str, float | None]:
    """All metrics of an RL step; `times` are the clock at its start, after sampling and at its end, in seconds."""
    every = [*kept, *dropped]
    tokens = sum(len(g.prompt.token_ids) + sum(s.rollout.num_response_tokens for s in g.scored) for g in every)
    values = group_metrics(every) | {
        "groups_trained": float(len(kept)),
        "groups_dropped": float(len(dropped)),
        "rollout_seconds": times[1] - times[0],
        "update_seconds": times[2] - times[1],
        "step_seconds": times[2] - times[0],
        "tokens_per_second": tokens / max(times[2] - times[0], 1e-9),
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    values |= engine_metrics(engines, step_seconds=times[2] - times[0])
    if report is not None:
        same = ("loss", "grad_norm", "learning_rate", "entropy", "clip_share", "kl")
        values |= {name: getattr(report, name) for name in (*same, "mismatch", "mismatch_kl", "corrected_share")}
        values["trained_tokens"] = float(report.num_tokens)
    return values


def group_metrics(groups: Sequence[Group]) -> dict[str, float | None]:
    """What the rollouts of a step show, over all sampled groups."""
    every = [scored for group in groups for scored in group.scored]
    new = [scored for group in groups if not group.retrospective for scored in group.scored]
    old = [scored for group in groups if group.retrospective for scored in group.scored]
    finishes = [scored.rollout.turns[-1].finish for scored in every]
    return {
        "reward": mean(scored.reward for scored in every),
        "accuracy": mean(scored.accuracy for scored in new),
        "retrospective_accuracy": mean(scored.accuracy for scored in old),
        "well_formed": mean(well_formed(scored) for scored in every),
        "unscored": float(sum(math.isnan(scored.reward) for scored in every)),
        "groups": float(len(groups)),
        "groups_retrospective": float(sum(group.retrospective for group in groups)),
        "signal_share": mean(float(group.has_signal) for group in groups),
        "prompt_tokens": mean(float(len(group.prompt.token_ids)) for group in groups),
        "response_tokens": mean(float(scored.rollout.num_response_tokens) for scored in every),
        **{f"finish_{kind.value}": mean(float(finish is kind) for finish in finishes) for kind in Finish},
    }


def well_formed(scored: Scored) -> float:
    """1 where an anchored answer was found after finished reasoning."""
    return scored.verdict.metrics.get("well_formed", 0.0)


def mean(values: Iterable[float]) -> float | None:
    """Mean of the values that are not NaN; None without any."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else None


def group_record(group: Group, *, phase: int, step: int, dropped: str | None, text: str, full: bool) -> dict[str, Any]:
    """A group as rollouts.jsonl holds it; `text` is the decoded prompt."""
    record: dict[str, Any] = {
        "example_id": group.example_id,
        "phase": phase,
        "step": step,
        "retrospective": group.retrospective,
        "dropped": dropped,
        "prompt_tokens": len(group.prompt.token_ids),
        "prompt_digest": hashlib.blake2b(group.prompt.token_ids.tobytes(), digest_size=16).hexdigest(),
    }
    if full:
        record["prompt"] = text
    else:
        record["prompt_head"], record["prompt_tail"] = text[:2000], text[-2000:]
    record["rollouts"] = [
        {
            "response": scored.response,
            "finish": scored.rollout.turns[-1].finish.value,
            "answer": scored.verdict.extracted,
            "reward": None if math.isnan(scored.reward) else scored.reward,
            "breakdown": scored.breakdown,
            "reason": scored.verdict.reason,
        }
        for scored in group.scored
    ]
    return record
