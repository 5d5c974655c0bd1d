"""A whole recipe: its sections, what follows from them, and the contradictions between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from qwenlong.config import sections as s
from qwenlong.config.judging import Judge
from qwenlong.config.sampling import Rollouts

ALGORITHMS: dict[str, dict[str, dict[str, Any]]] = {
    "grpo": {
        "losses": {"clip_low": 0.2, "clip_high": 0.2, "aggregation": "sequence"},
        "rollouts": {"dynamic_sampling": False},
        "rewards": {"overlong_buffer_tokens": 0},
    },
    "dapo": {
        "losses": {"clip_low": 0.2, "clip_high": 0.28, "aggregation": "token"},
        "rollouts": {"dynamic_sampling": True},
        "rewards": {},  # one tenth of the shortest output limit: see `_resolved`
    },
}
"""What `losses.algorithm` puts where a recipe says nothing (L1, Eq. 4-8; DAPO, Eq. 8-13)."""


class Config(BaseSettings):
    """A recipe. Contradictions are refused here, with both values."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        cli_avoid_json=False,
        cli_exit_on_error=False,
        cli_hide_none_type=True,
        cli_prog_name="qwenlong-train RECIPE",
    )

    run: s.Run = s.Run()
    """Where a run lives and what it does."""
    model: s.Model = s.Model()
    """The policy's weights and tokenizer."""
    data: s.Data = s.Data()
    """Input rows."""
    prompts: s.Prompts = s.Prompts()
    """Documents and questions to tokens."""
    sft: s.Sft = s.Sft()
    """Warm-up."""
    rollouts: Rollouts = Rollouts()
    """Sampling."""
    rewards: s.Rewards = s.Rewards()
    """Scoring."""
    judge: Judge = Judge()
    """The judge's endpoint, and how far a judge is trusted."""
    advantages: s.Advantages = s.Advantages()
    """Credit."""
    packing: s.Packing = s.Packing()
    """Rows."""
    losses: s.Losses = s.Losses()
    """Objective."""
    update: s.Update = s.Update()
    """Optimiser."""
    replay: s.Replay = s.Replay()
    """Retrospective sampling."""
    phases: list[s.Phase] = Field(min_length=1)
    """The curriculum, shortest inputs first."""
    evaluation: s.Evaluation = s.Evaluation()
    """Accuracy and pass@k."""

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # pydantic-settings passes the class by position
        cls, _: type[BaseSettings], /, init_settings: PydanticBaseSettingsSource, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags (put first by pydantic-settings), then the recipe; the environment is not a source."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Put the algorithm's values where nothing is said, so that the saved recipe is explicit."""
        losses = data.get("losses", {})
        name = losses.get("algorithm", "grpo") if isinstance(losses, dict) else "grpo"
        for section, values in ALGORITHMS.get(name, {}).items():
            said = data.setdefault(section, {})
            if isinstance(said, dict):
                for key, value in values.items():
                    if said.get(key) is None:
                        said[key] = value
        judge = data.setdefault("judge", {})
        if isinstance(judge, dict) and judge.get("canary_every_steps") is None:
            judge["canary_every_steps"] = 20 if judge.get("base_url") else 0
        rewards, phases = data.get("rewards", {}), data.get("phases")
        if name == "dapo" and isinstance(rewards, dict) and rewards.get("overlong_buffer_tokens") is None:
            limits = [p["max_output_tokens"] for p in phases or [] if isinstance(p, dict) and "max_output_tokens" in p]
            if limits and all(isinstance(limit, int) for limit in limits):
                rewards["overlong_buffer_tokens"] = max(1, min(limits) // 10)
        return data

    @property
    def longest_sequence(self) -> int:
        """Tokens of the longest prompt and response together; evaluation reaches twice the last phase's input."""
        lengths = [phase.max_input_tokens + phase.max_output_tokens for phase in self.phases]
        if "evaluate" in self.run.stages:
            lengths.append(2 * self.phases[-1].max_input_tokens + self.phases[-1].max_output_tokens)
        return max(lengths)

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        self._check_lengths()
        self._check_synthetic()
        self._check_batches()
        self._check_engine()
        self._check_rewards()
        self._check_judge()
        self._check_stages()
        return self

    def _check_lengths(self) -> None:
        limits = [phase.max_input_tokens for phase in self.phases]
        for k, (short, long) in enumerate(pairwise(limits)):
            if long <= short:
                raise ValueError(
                    f"phases.{k + 1}.max_input_tokens is {long}, not above the {short} of phases.{k}: "
                    "a phase trains on inputs longer than the previous limit, so raise it or take the phase out"
                )
        for k, phase in enumerate(self.phases):
            longest = phase.max_input_tokens + phase.max_output_tokens
            if longest > self.packing.max_row_tokens:
                raise ValueError(
                    f"phases.{k} allows {phase.max_input_tokens} input and {phase.max_output_tokens} output tokens, "
                    f"{longest} together, but packing.max_row_tokens is {self.packing.max_row_tokens}: raise it or "
                    "shorten the phase"
                )
            buffer = self.rewards.overlong_buffer_tokens
            if buffer >= phase.max_output_tokens:
                raise ValueError(
                    f"rewards.overlong_buffer_tokens is {buffer}, not below phases.{k}.max_output_tokens "
                    f"{phase.max_output_tokens}: every response would be punished; lower the buffer or raise the limit"
                )
        if self.sft.max_input_tokens > limits[-1]:
            raise ValueError(
                f"sft.max_input_tokens is {self.sft.max_input_tokens}, above the last phase's limit "
                f"{limits[-1]}: lower it, or raise phases"
            )
        if self.prompts.distractor_tokens > limits[-1]:
            raise ValueError(
                f"prompts.distractor_tokens is {self.prompts.distractor_tokens}, above the last phase's limit "
                f"{limits[-1]}: lower it, or raise phases"
            )

    def _check_synthetic(self) -> None:
        task, limit = self.data.synthetic, self.phases[0].max_input_tokens
        fewest, most = task.winner_mentions
        if not 2 <= fewest <= most:
            raise ValueError(
                f"data.synthetic.winner_mentions is ({fewest}, {most}): the winner needs at least 2 mentions to have "
                "more than the others, and the first number is the fewest; write them as (fewest, most)"
            )
        if self.data.train != "synthetic" or self.data.sft or self.data.evaluation:
            return  # a file is named, so no rows are made
        # The question's three words, and per category the winner, one mention fewer, and another fewer.
        longest = 3 + task.num_categories * (most + most - 1 + max(1, most - 2))
        if task.min_input_tokens < longest:
            raise ValueError(
                f"data.synthetic.min_input_tokens is {task.min_input_tokens}, but {task.num_categories} categories "
                f"of up to {most} mentions need {longest}: raise it, or lower num_categories or winner_mentions"
            )
        if limit < task.min_input_tokens:
            raise ValueError(
                f"phases.0.max_input_tokens is {limit}, below data.synthetic.min_input_tokens {task.min_input_tokens}: "
                "the first phase would have no examples; raise the first or lower the second"
            )

    def _check_batches(self) -> None:
        if self.rollouts.group_size < 2 and "rl" in self.run.stages:
            raise ValueError(
                f"rollouts.group_size is {self.rollouts.group_size}, but {self.losses.algorithm} compares the rollouts "
                "of a prompt with one another: it needs at least 2"
            )
        if self.update.mini_batches > self.rollouts.prompts_per_step:
            raise ValueError(
                f"update.mini_batches is {self.update.mini_batches}, above rollouts.prompts_per_step "
                f"{self.rollouts.prompts_per_step}: a mini-batch needs at least one prompt; "
                "lower the first or raise the second"
            )

    def _check_engine(self) -> None:
        how, losses = self.rollouts, self.losses
        default = Rollouts()
        inside = ("tensor_parallel",)  # a server has it from whoever starts it
        both = ("kv_cache_dtype", "speculative", "max_repetitions")
        pool = ("max_staleness", "weights_transfer")
        foreign = {"hf": (*inside, *both, *pool), "vllm": pool, "vllm-server": inside}
        for key in foreign[how.engine]:
            if getattr(how, key) != getattr(default, key):
                raise ValueError(
                    f"rollouts.{key} is {getattr(how, key)}, which is no setting of the {how.engine} engine: take it "
                    "out, or set another rollouts.engine"
                )
        if bool(how.servers) != (how.engine == "vllm-server"):
            raise ValueError(
                f'rollouts.engine is "{how.engine}" but rollouts.servers is {list(how.servers)}: the pool '
                '"vllm-server" needs at least one address, the others need none'
            )
        if how.weights_transfer == "nccl" and how.weights_path:
            raise ValueError(
                f'rollouts.weights_transfer is "nccl" but rollouts.weights_path is "{how.weights_path}": weights go '
                'through a directory by "path" alone; leave out one of them'
            )
        if how.servers and how.server_timeout_seconds > self.run.timeout_seconds / 2:
            raise ValueError(
                f"rollouts.server_timeout_seconds is {how.server_timeout_seconds}, above half of run.timeout_seconds "
                f"{self.run.timeout_seconds}, after which the ranks that wait for a push end the run: lower the first, "
                "or raise the second"
            )
        if losses.correction == "mask" and losses.correction_low > 1:
            raise ValueError(
                f"losses.correction_low is {losses.correction_low}, above 1: tokens on which engine and policy agree "
                "would be left out; set at most 1"
            )

    def _check_rewards(self) -> None:
        for part in ("judge", "function"):
            path = getattr(self.rewards, part)
            named = path or (self.judge.base_url if part == "judge" else "")
            if (part in self.rewards.parts) != bool(named):
                key = f'judge.base_url is "{named}"' if named and not path else f'rewards.{part} is "{path}"'
                or_else = " (or judge.base_url)" if part == "judge" and not named else ""
                raise ValueError(f"{key} but rewards.parts is {self.rewards.parts}: name both or neither{or_else}")
        if not self.rewards.parts:
            raise ValueError(
                "rewards.parts is empty: nothing would be rewarded; name at least one of rule, judge, function"
            )

    def _check_judge(self) -> None:
        judge, rewards = self.judge, self.rewards
        if judge.base_url and rewards.judge:
            raise ValueError(
                f'judge.base_url is "{judge.base_url}" and rewards.judge is "{rewards.judge}": there is one judge; '
                "leave out one of them"
            )
        if bool(judge.base_url) != bool(judge.model):
            raise ValueError(
                f'judge.base_url is "{judge.base_url}" but judge.model is "{judge.model}": name both or neither'
            )
        if judge.api_key_env and not judge.base_url:
            raise ValueError(
                f'judge.api_key_env is "{judge.api_key_env}" but judge.base_url is empty: name both or none'
            )
        if judge.canary_every_steps and "judge" not in rewards.parts:
            raise ValueError(
                f"judge.canary_every_steps is {judge.canary_every_steps} but rewards.parts {rewards.parts} has no "
                "judge to try: add it, or set 0"
            )
        if judge.base_url and judge.timeout_seconds > judge.deadline_seconds:
            raise ValueError(
                f"judge.timeout_seconds is {judge.timeout_seconds:g}, above judge.deadline_seconds "
                f"{judge.deadline_seconds:g}: one request may take no longer than its question; lower it, or raise that"
            )
        if judge.base_url and judge.deadline_seconds > self.run.timeout_seconds / 2:
            raise ValueError(
                f"judge.deadline_seconds is {judge.deadline_seconds:g}, above half of run.timeout_seconds "
                f"{self.run.timeout_seconds}, after which the ranks that wait for this one end the run: lower the "
                "first, or raise the second"
            )

    def _check_stages(self) -> None:
        if not self.run.stages:
            raise ValueError("run.stages is empty: name at least one of sft, rl, rollouts, evaluate")
        if len(set(self.run.stages)) < len(self.run.stages):
            raise ValueError(f"run.stages is {self.run.stages}: every stage runs once, so name it once")
        if "rollouts" in self.run.stages and self.run.stages != ["rollouts"]:
            raise ValueError(
                f'run.stages is {self.run.stages}: "rollouts" writes rollouts alone; leave out the other stages, or it'
            )
        if self.rollouts.read and "rl" not in self.run.stages:
            raise ValueError(
                f'rollouts.read is "{self.rollouts.read}" but run.stages {self.run.stages} has no "rl": '
                "add it, or unset rollouts.read"
            )
        if "evaluate" in self.run.stages and self.data.train != "synthetic" and not self.data.evaluation:
            raise ValueError(
                'run.stages holds "evaluate" but data.evaluation names no file: name held-out rows or leave the '
                "stage out"
            )
