"""The native kernels.

Arrays are contiguous, of one dimension and of the stated dtype; any other is a `TypeError`, never a copy. Every
function that computes releases the GIL.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, SupportsIndex, TypeAlias, final, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "UNICODE_VERSION",
    "Memory",
    "Scorer",
    "Spans",
    "Verdicts",
    "check_gold",
    "group_advantages",
    "judge_reply",
    "match_batch",
    "pack",
    "pass_at_k",
    "place",
    "profiles",
    "score_batch",
    "split_groups",
    "without_verdicts",
]

# Packing.

def pack(lengths: NDArray[np.int64], capacity: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bins of at most `capacity` tokens by best fit decreasing.

    Longest first, equal lengths in input order, each into the bin it fills best, the older of two equal ones.
    O(n log n).

    Args:
        lengths: [N] int64, each within 1 and `capacity`.
        capacity: tokens a bin holds.

    Returns:
        ids [N] int64 and offsets [B + 1] int64: bin b holds `ids[offsets[b]:offsets[b + 1]]`, longest first; bins stand
        in the order they were opened.

    Raises:
        ValueError: a length that is not positive or above the capacity, naming item, length and capacity.
    """

def split_groups(
    prompt_lengths: NDArray[np.int64], response_lengths: NDArray[np.int64], offsets: NDArray[np.int64], capacity: int
) -> NDArray[np.int64]:
    """Rows of a prompt and a part of its responses, the fewest for every group.

    Exactly the fewest where best fit decreasing meets a lower bound and in groups of at most 16 responses. Within that
    number, responses are dealt longest first to the shortest part where that overflows none. O(n log n), and at most
    2^16 * 16 steps more for a group of at most 16.

    Args:
        prompt_lengths: [M] int64, at least 1; the prompt is repeated in every part.
        response_lengths: [N] int64, at least 1.
        offsets: [M + 1] int64: group m has the responses `offsets[m]:offsets[m + 1]`; it may have none.
        capacity: tokens a row holds.

    Returns:
        [N] int64: the part of every response, counted from 0 within its group by first appearance.

    Raises:
        ValueError: a prompt and one response above the capacity, naming group, response, lengths and capacity; an empty
            prompt or response; malformed offsets.
    """

def place(costs: NDArray[np.float64], num_ranks: int) -> NDArray[np.int64]:
    """Ranks of rows: close total costs, and no rank with two rows more than another.

    Waves of `num_ranks` rows, costliest first and equal ones in input order; within a wave the costliest row goes to
    the rank with the least so far. Ranks that work in lockstep should take their rows costliest first. O(n log n).

    Args:
        costs: [R] float64, finite and not negative.
        num_ranks: at least 1.

    Returns:
        [R] int64 within 0 and `num_ranks - 1`.

    Raises:
        ValueError: a cost that is negative or not finite, naming its row; fewer than one rank.
    """

# Advantages.

def group_advantages(
    rewards: NDArray[np.float32], offsets: NDArray[np.int64], epsilon: float, divide_by_std: bool
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(r - mean) / (std + epsilon) within every group, or r - mean; the std is the unbiased one. O(n).

    Args:
        rewards: [N] float32, NaN where missing: left out of mean and std, advantage 0.
        offsets: [M + 1] int64: group m has the rewards `offsets[m]:offsets[m + 1]`; it may have none.
        epsilon: finite and not negative.
        divide_by_std: GRPO where true, Dr. GRPO where false.

    Returns:
        advantages [N] float32, and has_signal [M] bool: false, with advantages of 0, where fewer than two rewards are
        scored or all are equal.

    Raises:
        ValueError: an infinite reward, naming its index; malformed offsets; a bad epsilon.
    """

def pass_at_k(num_samples: NDArray[np.int64], num_correct: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """1 - C(n - c, k) / C(n, k) for every question. O(min(c, k)) each.

    Args:
        num_samples: [Q] int64, n.
        num_correct: [Q] int64, c.
        k: at least 1.

    Returns:
        [Q] float64.

    Raises:
        ValueError: k above n or c outside 0..n, naming the question; arrays of different lengths; k below 1.
    """

# Replay.

@final
class Memory:
    """What every example earned when it was last rolled out: the difficulty memory. Safe to share between threads.

    A seed is within 0 and 2^64 - 1, else `OverflowError`. An id with a lone surrogate is a `UnicodeEncodeError`.
    """

    def __new__(cls) -> Memory: ...
    def __len__(self) -> int: ...
    def observe(self, ids: list[str], phase: int, reward_sums: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        """Take in one step: the sum of every example's scored rewards, each within 0 and 1, and how many they were.

        An observation with a count of 0 changes nothing. O(n).

        Raises:
            ValueError: a sum outside 0..count, naming the id; a count outside 0..65536; a negative phase; arrays of
                different lengths. Nothing is taken in then.
        """

    def difficulty(self, ids: list[str]) -> NDArray[np.float64]:
        """[K] float64 (count + 1) / (sum + 1) of the latest observation. O(n).

        Raises:
            KeyError: an example that was never observed with a score.
        """

    def candidates(self, before_phase: int, mode: str, max_examples: int, drop_after: int, seed: int) -> list[str]:
        """Examples first observed before a phase that come back in it, in order of first observation. O(n log n).

        Args:
            before_phase: the phase that begins.
            mode: "zero_accuracy": latest mean exactly 0; "weighted": latest mean below 1.
            max_examples: where more qualify, this many are drawn as in `draw`; 0 takes all.
            drop_after: leave out those unsolved in this many scored visits on end; 0 keeps them.
            seed: names the draw.

        Raises:
            ValueError: an unknown mode, a negative number.
        """

    def draw(self, candidates: list[str], k: int, mode: str, seed: int) -> list[str]:
        """k distinct candidates in the order drawn, all where there are fewer. O(n + k log n).

        Draw j hashes (seed, j) to 64 bits, maps them onto the total of the remaining weights by the high half of their
        product, and takes the first remaining candidate whose running sum exceeds that. Weights are equal in
        "zero_accuracy" and round(difficulty * 2^20) in "weighted".

        Raises:
            KeyError: a candidate that was never observed with a score.
            ValueError: a candidate that stands twice, an unknown mode, a negative k.
        """

    def to_bytes(self) -> bytes:
        """Write the memory exactly, with magic, version and checksum. O(n)."""

    @staticmethod
    def from_bytes(data: bytes) -> Memory:
        """Read what `to_bytes` wrote. O(n).

        Raises:
            ValueError: truncated or changed bytes, another format or another version, saying which.
        """

# Scoring. Every `str` is accepted; a lone surrogate stays itself. What a profile is and takes: `qwenlong.profiles()`.

UNICODE_VERSION: str

_Fields: TypeAlias = tuple[float | None, str | None, str | None, str | None, str, int | None, dict[str, float]]
"""Score, extracted, normal prediction, normal gold, reason, matched gold, metrics."""

@final
class Spans:
    """Several spans that are one answer together: immutable, hashable, picklable.

    >>> from qwenlong import Spans, match
    >>> match(Spans(["4", "3"]), Spans(["3", "4"]), profile="drop").score
    1.0
    """

    def __new__(cls, spans: Iterable[str]) -> Spans: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, key: SupportsIndex, /) -> str: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[str, ...]: ...
    def __iter__(self) -> Iterator[str]: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[tuple[str, ...]]: ...

@final
class Scorer:
    """A profile with its options.

    Raises:
        ValueError: an unknown profile or option, a value that the option does not take.
    """

    def __new__(cls, profile_name: str, options: Mapping[str, Any]) -> Scorer: ...
    def score(self, response: str, golds: Any) -> _Fields:
        """Extract the answer of a response and judge it."""

    def match(self, prediction: Any, golds: Any) -> _Fields:
        """Judge an answer that was already extracted."""

    def extract(self, response: str) -> str | None:
        """The answer of a response."""

@final
class Verdicts:
    """The verdicts of a batch."""

    def __len__(self) -> int: ...
    def row(self, index: int) -> _Fields:
        """The fields of one verdict."""

    def scores(self) -> NDArray[np.float64]:
        """[N] float64, NaN where there is none."""

    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """[N] float64 by every metric that any verdict has, NaN where one lacks it."""

    def reasons(self) -> list[str]:
        """N codes."""

def score_batch(scorers: list[Scorer], responses: list[str], golds: list[Any], threads: int) -> Verdicts:
    """The verdicts of many responses, in their order; one scorer for all rows, or one a row.

    Raises:
        ValueError: lists of different lengths; a row without golds or with golds of the wrong shape, naming it.
    """

def match_batch(scorers: list[Scorer], predictions: list[Any], golds: list[Any], threads: int) -> Verdicts:
    """The verdicts on many answers that were already extracted, as `score_batch`."""

def profiles() -> list[dict[str, Any]]:
    """What the profiles are, in their order."""

def check_gold(gold: str, kind: str) -> str:
    """The kind a gold is judged as by the profile `strict`.

    Raises:
        ValueError: a gold that cannot be read as `kind`.
    """

def judge_reply(reply: str) -> bool | None:
    """The verdict of a judge's reply: the `[[YES]]` or `[[NO]]` that is all of its last line. O(n)."""

def without_verdicts(text: str) -> str:
    """A text in which nothing reads as `[[YES]]` or `[[NO]]`, in any case, width or look. O(n)."""
