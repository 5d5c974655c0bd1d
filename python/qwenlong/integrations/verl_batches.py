"""verl's reward manager for batches; `qwenlong.integrations.verl` says how it is named in a run.

verl awaits `run_single` for many samples at once. Those that are there go into one `score_batch`, and while it runs, in
a thread and without the GIL, the next batch gathers: no timer, no size to choose, and a sample alone waits for nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from verl import DataProto
from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

from qwenlong import scoring
from qwenlong.integrations.rows import pick_columns, unwrap_gold
from qwenlong.integrations.verl import reward_of
from qwenlong.records import Verdict


class RewardManager(RewardManagerBase):
    """Scores samples by `qwenlong.scoring`; takes `reward.custom_reward_function.reward_kwargs`."""

    def __init__(self, config: Any, tokenizer: Any, compute_score: Any = None, *unused: Any, **router: Any) -> None:
        super().__init__(config, tokenizer, compute_score)
        self._options = dict(config.reward.custom_reward_function.get("reward_kwargs") or {})
        self._columns = self._options.pop("columns", ())
        self._unscored = self._options.pop("unscored", None)
        self._gathered: list[Any] = []
        self._turn = asyncio.Lock()

    async def run_single(self, data: DataProto) -> dict[str, Any]:
        """Score one sample (the last, where an agent made several) along with all that wait."""
        if not self._gathered:
            self._batch = asyncio.create_task(self._score_gathered())
        index, item = len(self._gathered), data[-1]
        self._gathered.append(item)
        verdict = (await asyncio.shield(self._batch))[index]
        gold, source = item.non_tensor_batch["reward_model"]["ground_truth"], item.non_tensor_batch["data_source"]
        reward = reward_of(verdict, gold=gold, source=source, unscored=self._unscored)
        return {"reward_score": reward["score"], "reward_extra_info": reward}

    async def _score_gathered(self) -> list[Verdict]:
        async with self._turn:
            items, self._gathered = self._gathered, []
            return await asyncio.get_running_loop().run_in_executor(None, self._score, items)

    def _score(self, items: list[Any]) -> list[Verdict]:
        golds = [unwrap_gold(item.non_tensor_batch["reward_model"]["ground_truth"]) for item in items]
        rows = [item.non_tensor_batch.get("extra_info") or {} for item in items]
        responses = [self.tokenizer.decode(_response_ids(item), skip_special_tokens=True) for item in items]
        return list(scoring.score_batch(responses, golds, **self._options, **pick_columns(rows, self._columns)))


def _response_ids(item: Any) -> Any:
    """[R] the response without its padding."""
    ids = item.batch["responses"]
    return ids[: item.batch["attention_mask"][-ids.shape[-1] :].sum()]
