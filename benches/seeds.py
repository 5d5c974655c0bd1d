"""Run the quickstart on several seeds and print what it learned as a table.

    python benches/seeds.py --seeds 11 12 13 14 15 --directory runs/seeds -- --replay.enabled false

Everything after `--` goes to every run. Finished runs are not run again. With --require the line the recipe must meet
is checked first: reward rises in every phase, and greedy accuracy at the longest trained length and at twice that by
0.2.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

T_QUANTILE = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
"""0.975 quantiles of Student's t by number of seeds."""


def main() -> None:
    """Run, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--require", action="store_true")
    known, flags = parser.parse_known_args()
    flags = [flag for flag in flags if flag != "--"]
    summaries = {seed: run(seed, known.directory / str(seed), flags) for seed in known.seeds}
    if known.require:
        for seed, summary in summaries.items():
            require(seed, summary)
    sys.stdout.write(table(summaries))


def run(seed: int, directory: Path, flags: list[str]) -> dict[str, Any]:
    """The summary of one run."""
    if not (directory / "summary.json").is_file():
        command = [
            sys.executable,
            "-m",
            "qwenlong",
            "quickstart",
            "--run.directory",
            str(directory),
            "--run.seed",
            str(seed),
        ]
        subprocess.run([*command, *flags, "--resume"], check=True, stdout=subprocess.DEVNULL)
    summary: dict[str, Any] = json.loads((directory / "summary.json").read_text("utf-8"))
    return summary


def require(seed: int, summary: dict[str, Any]) -> None:
    """Raise where a seed misses the line."""
    for entry in summary["reward"]:
        assert entry["last_fifth"] > entry["first_fifth"], f"seed {seed}: reward falls in phase {entry['phase']}"
    for length in list(summary["accuracy"]["final"])[-2:]:
        gain = summary["accuracy"]["final"][length] - summary["accuracy"]["warmup"][length]
        assert gain >= 0.2, f"seed {seed}: accuracy at {length} rises by {gain:.3f} only"
    assert all(count > 0 for count in summary["retrospective"][1:]), f"seed {seed}: an empty retrospective set"


def table(summaries: dict[int, dict[str, Any]]) -> str:
    """Markdown: greedy accuracy (share of well-formed answers) before and after, reward by phase."""
    first = next(iter(summaries.values()))
    lengths = list(first["accuracy"]["final"])
    head = ["seed", "SFT steps", *(f"accuracy (formed) at {length}" for length in lengths), "pass@8 at " + lengths[-2]]
    head += ["reward, first to last fifth", "retrospective", "seconds"]
    rows = [head, ["---"] * len(head)]
    for seed, s in summaries.items():
        cells = [str(seed), str(s["sft_steps"])]
        for length in lengths:
            pair = (f"{s['accuracy'][w][length]:.2f} ({s['well_formed'][w][length]:.2f})" for w in ("warmup", "final"))
            cells.append(" -> ".join(pair))
        cells.append(" -> ".join(f"{s['pass_at_k'][w][lengths[-2]]['8']:.2f}" for w in ("warmup", "final")))
        cells.append(", ".join(f"{e['first_fifth']:.2f} -> {e['last_fifth']:.2f}" for e in s["reward"]))
        cells += [", ".join(map(str, s["retrospective"])), f"{s['wall_seconds']:.0f}"]
        rows.append(cells)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    for length in lengths[-2:]:
        final = [s["accuracy"]["final"][length] for s in summaries.values()]
        gains = [s["accuracy"]["final"][length] - s["accuracy"]["warmup"][length] for s in summaries.values()]
        chance = first["chance"][length]
        lines.append(f"\nat {length} tokens: final {interval(final)}, gain {interval(gains)}, guessing {chance:.2f}")
    return "\n".join(lines) + "\n"


def interval(values: list[float]) -> str:
    """Mean and its 95% interval over the seeds (Student's t)."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.3f}"
    half = T_QUANTILE.get(len(values), 1.96) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


if __name__ == "__main__":
    main()
