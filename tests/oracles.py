"""Slow and obvious versions of the kernels: what they promise, in the fewest lines that a reader can check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

# Packing.


def best_fit_decreasing(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Looks at every bin for every item."""
    bins: list[list[int]] = []
    free: list[int] = []
    for item in sorted(range(len(lengths)), key=lambda item: -lengths[item]):
        fitting = [bin_ for bin_ in range(len(bins)) if free[bin_] >= lengths[item]]
        if not fitting:
            bins.append([])
            free.append(capacity)
        tightest = min(fitting, key=lambda bin_: free[bin_], default=len(bins) - 1)
        bins[tightest].append(item)
        free[tightest] -= lengths[item]
    return bins


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to cut a set into parts; of 8 items there are 4140."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for index, part in enumerate(rest):
            yield [*rest[:index], [items[0], *part], *rest[index + 1 :]]


def fewest_parts(lengths: Sequence[int], room: int) -> int:
    """The size of the smallest partition without a part above `room`."""
    return min(len(parts) for parts in partitions(lengths) if all(sum(part) <= room for part in parts))


def longest_first(lengths: Sequence[int], num_parts: int) -> list[int]:
    """Deals to the shortest part, longest first; parts named by first appearance."""
    loads = [0] * num_parts
    parts = [0] * len(lengths)
    for item in sorted(range(len(lengths)), key=lambda item: -lengths[item]):
        shortest = loads.index(min(loads))
        loads[shortest] += lengths[item]
        parts[item] = shortest
    names = {part: name for name, part in enumerate(dict.fromkeys(parts))}
    return [names[part] for part in parts]


def place(costs: Sequence[float], num_ranks: int) -> list[int]:
    """Waves of the costliest rows, each dealt to the ranks by what they have."""
    order = sorted(range(len(costs)), key=lambda row: -costs[row])
    loads = [0.0] * num_ranks
    ranks = [0] * len(costs)
    for start in range(0, len(order), num_ranks):
        poorest = sorted(range(num_ranks), key=lambda rank: loads[rank])
        for row, rank in zip(order[start : start + num_ranks], poorest, strict=False):
            ranks[row] = rank
            loads[rank] += costs[row]
    return ranks


# Advantages.


def advantages(rewards: Sequence[float], *, epsilon: float, divide_by_std: bool) -> list[float]:
    """One group, by the formula."""
    scored = [reward for reward in rewards if not math.isnan(reward)]
    if len(set(scored)) < 2:
        return [0.0] * len(rewards)
    mean = math.fsum(scored) / len(scored)
    std = math.sqrt(math.fsum((reward - mean) ** 2 for reward in scored) / (len(scored) - 1))
    divisor = std + epsilon if divide_by_std else 1.0
    return [0.0 if math.isnan(reward) else (reward - mean) / divisor for reward in rewards]


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Exact binomials."""
    return float(1 - Fraction(math.comb(num_samples - num_correct, k), math.comb(num_samples, k)))


# Replay.

WORD = 2**64


def mix(bits: int) -> int:
    """The finaliser of SplitMix64."""
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % WORD
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % WORD
    return bits ^ bits >> 31


def draw_weighted(weights: Sequence[int], k: int, seed: int) -> list[int]:
    """Adds up the remaining weights anew for every draw."""
    remaining = dict(enumerate(weights))
    drawn: list[int] = []
    for index in range(min(k, len(weights))):
        bits = mix((mix(seed) + (index + 1) * 0x9E3779B97F4A7C15) % WORD)
        target = bits * sum(remaining.values()) // WORD
        sums = accumulate(remaining.values())
        position = next(index for index, sum_ in zip(remaining, sums, strict=True) if sum_ > target)
        drawn.append(position)
        del remaining[position]
    return drawn


@dataclass
class Memory:
    """The difficulty memory as a dictionary of observations."""

    observations: dict[str, list[tuple[int, float, int]]] = field(default_factory=dict)
    """(phase, sum, count) of every scored observation, by example."""

    def observe(self, ids: Sequence[str], phase: int, sums: Sequence[float], counts: Sequence[int]) -> None:
        for id_, sum_, count in zip(ids, sums, counts, strict=True):
            if count > 0:
                self.observations.setdefault(id_, []).append((phase, sum_, count))

    def difficulty(self, id_: str) -> float:
        _, sum_, count = self.observations[id_][-1]
        return (count + 1) / (sum_ + 1)

    def weight(self, id_: str, mode: str) -> int:
        # Half up, as Rust rounds; Python's own round would take the even neighbour.
        return math.floor(self.difficulty(id_) * 2**20 + 0.5) if mode == "weighted" else 2**20

    def unsolved_visits(self, id_: str) -> int:
        unsolved = 0
        for _, sum_, _ in self.observations[id_]:
            unsolved = 0 if sum_ > 0 else unsolved + 1
        return unsolved

    def candidates(self, *, before_phase: int, mode: str, max_examples: int, drop_after: int, seed: int) -> list[str]:
        kept = []
        for id_, seen in self.observations.items():
            _, sum_, count = seen[-1]
            hard = sum_ == 0 if mode == "zero_accuracy" else sum_ < count
            dropped = 0 < drop_after <= self.unsolved_visits(id_)
            if seen[0][0] < before_phase and hard and not dropped:
                kept.append(id_)
        if 0 < max_examples < len(kept):
            kept = [kept[i] for i in sorted(draw_weighted([self.weight(x, mode) for x in kept], max_examples, seed))]
        return kept

    def draw(self, candidates: Sequence[str], k: int, mode: str, seed: int) -> list[str]:
        return [candidates[i] for i in draw_weighted([self.weight(id_, mode) for id_ in candidates], k, seed)]
