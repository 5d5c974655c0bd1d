"""OpenRLHF 0.11: a reward function, `--reward.remote_url FILE.py`.

FILE.py is this file, or two lines for another profile:

    from qwenlong.integrations.openrlhf import Reward
    reward_func = Reward("hotpotqa")

Labels are golds. OpenRLHF has no missing reward, and only logs what a reward function raises. So a verdict without a
score is reward 0, and 1 in the logged metric `unscored`: a gold that cannot be read gives all rollouts of its prompt
the same reward, hence no advantage over their group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qwenlong import scoring
from qwenlong.integrations.rows import unwrap_gold

TAIL = 64
"""Characters of a prompt's end that find it in a query where OpenRLHF cut its beginning away."""


class Reward:
    """Scores what follows the prompt in a query."""

    def __init__(self, profile: str = "strict", **options: Any) -> None:
        """Name the scorer and its options."""
        self.options = {"profile": profile, **options}

    def __call__(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]) -> dict[str, Any]:
        """Score one response; OpenRLHF hands over lists of one."""
        (query,), (prompt,), (label,) = queries, prompts, labels
        response = query[len(prompt) :] if query.startswith(prompt) else query.rpartition(prompt[-TAIL:])[2]
        verdict = scoring.score(response, unwrap_gold(label), **self.options)
        reward = verdict.score or 0.0
        return {"rewards": reward, "scores": reward, "extra_logs": {"unscored": float(verdict.score is None)}}


reward_func = Reward()
