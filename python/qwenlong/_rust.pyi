"""The native kernels.

Arrays are contiguous, of one dimension and of the stated dtype; any other is a `TypeError`, never a copy. Every
function that computes releases the GIL.
"""

from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Memory",
    "Verdict",
    "check_gold",
    "extract",
    "group_advantages",
    "match",
    "pack",
    "pass_at_k",
    "place",
    "score",
    "score_batch",
    "split_groups",
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

# Scoring. Every `str` is accepted; a lone surrogate is read as U+FFFD. `kind` is "auto", "text", "number", "choice" or
# "yesno", `reasoning` "auto" or "required"; other names are a ValueError, and so is an empty list of golds.

@final
class Verdict:
    """What the scorer says of one response, and why."""

    @property
    def score(self) -> float | None:
        """1 or 0; `None` where no gold can be read."""

    @property
    def extracted(self) -> str | None:
        """The final answer without markup."""

    @property
    def normal_prediction(self) -> str | None:
        """The answer in the form that was compared, where it could be read as the gold's kind."""

    @property
    def normal_gold(self) -> str | None:
        """The gold in the form it was compared with: the one that matched, else the first that can be read."""

    @property
    def reason(self) -> str:
        """A code.

        `matched`, `different`, `no_answer`, `unfinished_reasoning`, `template_echo`, `empty`, `too_many_candidates`,
        `negated`, `hedged` or `gold_unparsable`.
        """

    @property
    def matched_gold(self) -> int | None:
        """Index of the gold that matched."""

    @property
    def well_formed(self) -> bool:
        """An anchored answer that is neither empty nor a placeholder stands after finished reasoning."""

def score(response: str, golds: list[str], kind: str, reasoning: str) -> Verdict:
    """Extract the final answer of a response and judge it against golds that are aliases. Linear in the response."""

def score_batch(responses: list[str], golds: list[list[str]], kinds: list[str], reasoning: str) -> list[Verdict]:
    """The verdicts of many responses, in their order, from one call.

    Raises:
        ValueError: lists of different lengths; a response without golds, naming it.
    """

def match(prediction: str, golds: list[str], kind: str) -> Verdict:
    """Judge an answer that was already extracted."""

def extract(response: str, reasoning: str) -> str | None:
    """The final answer of a response without markup; `None` where there is none. Linear in the response."""

def check_gold(gold: str, kind: str) -> str:
    """The kind a gold is judged as.

    Raises:
        ValueError: a gold that cannot be read as `kind`.
    """
