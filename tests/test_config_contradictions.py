"""Contradictions between the keys of a recipe: each is refused with its values, the limit and the way out."""

from __future__ import annotations

import pytest

from qwenlong.config import ConfigError, load_config

JUDGED = ["--rewards.parts", '["rule", "judge"]']
ENDPOINT = [*JUDGED, "--judge.base_url", "http://localhost:8000/v1", "--judge.model", "m"]
CONTRADICTIONS = [
    (
        ["--phases.1.max_input_tokens", "96"],
        "phases.1.max_input_tokens is 96, not above the 96 of phases.0",
        "raise it",
    ),
    (["--phases.1.max_input_tokens", "80"], "phases.1.max_input_tokens is 80", "raise it"),
    (
        ["--packing.max_row_tokens", "170"],
        "phases.1 allows 160 input and 16 output tokens, 176 together, but packing.max_row_tokens is 170",
        "raise it",
    ),
    (
        ["--rewards.overlong_buffer_tokens", "16"],
        "rewards.overlong_buffer_tokens is 16, not below phases.0.max_output_tokens 16",
        "lower the buffer",
    ),
    (["--sft.max_input_tokens", "161"], "sft.max_input_tokens is 161, above the last phase's limit 160", "lower it"),
    (
        ["--prompts.distractor_tokens", "500"],
        "prompts.distractor_tokens is 500, above the last phase's limit 160",
        "lower it",
    ),
    (
        ["--phases.0.max_input_tokens", "63"],
        "phases.0.max_input_tokens is 63, below data.synthetic.min_input_tokens 64",
        "raise",
    ),
    (
        ["--data.synthetic.min_input_tokens", "62"],
        "data.synthetic.min_input_tokens is 62, but 4 categories of up to 6",
        "need 63",
    ),
    (["--data.synthetic.winner_mentions", "[1, 4]"], "data.synthetic.winner_mentions is (1, 4)", "at least 2"),
    (["--data.synthetic.winner_mentions", "[6, 4]"], "data.synthetic.winner_mentions is (6, 4)", "(fewest, most)"),
    (["--rollouts.group_size", "1"], "rollouts.group_size is 1, but grpo compares", "at least 2"),
    (
        ["--rollouts.group_size", "1", "--losses.algorithm", "dapo"],
        "rollouts.group_size is 1, but dapo compares",
        "at least 2",
    ),
    (["--update.mini_batches", "9"], "update.mini_batches is 9, above rollouts.prompts_per_step 8", "lower the first"),
    (
        ["--rewards.parts", '["rule", "judge"]'],
        "rewards.judge is \"\" but rewards.parts is ['rule', 'judge']",
        "name both",
    ),
    (["--rewards.function", "a.py:f"], "rewards.function is \"a.py:f\" but rewards.parts is ['rule']", "name both"),
    (
        ["--judge.base_url", "http://localhost:8000/v1", "--judge.model", "m"],
        "judge.base_url is \"http://localhost:8000/v1\" but rewards.parts is ['rule']",
        "name both",
    ),
    (
        [*JUDGED, "--judge.base_url", "http://localhost:8000/v1", "--judge.model", "m", "--rewards.judge", "a.py:J"],
        'judge.base_url is "http://localhost:8000/v1" and rewards.judge is "a.py:J"',
        "leave out one",
    ),
    (
        [*JUDGED, "--judge.base_url", "http://localhost:8000/v1"],
        'judge.base_url is "http://localhost:8000/v1" but judge.model is ""',
        "name both",
    ),
    (["--judge.api_key_env", "KEY"], 'judge.api_key_env is "KEY" but judge.base_url is empty', "name both"),
    (["--judge.canary_every_steps", "5"], "judge.canary_every_steps is 5 but rewards.parts ['rule']", "set 0"),
    (
        [*ENDPOINT, "--judge.timeout_seconds", "90", "--judge.deadline_seconds", "80"],
        "judge.timeout_seconds is 90, above judge.deadline_seconds 80",
        "lower it",
    ),
    (
        [*ENDPOINT, "--run.timeout_seconds", "500"],
        "judge.deadline_seconds is 300, above half of run.timeout_seconds 500",
        "lower the first, or raise the second",
    ),
    ([*JUDGED, "--judge.base_url", "localhost:8000"], '"localhost:8000" is no address', "http://127.0.0.1:8000/v1"),
    ([*JUDGED, "--judge.base_url", "http://h:abc/v1"], '"http://h:abc/v1" has a port that is none', "1 to 65535"),
    ([*JUDGED, "--judge.base_url", "http://h:99999/v1"], '"http://h:99999/v1" has a port that is none', "1 to 65535"),
    ([*JUDGED, "--judge.base_url", "http://ho st/v1"], "'http://ho st/v1' has a space or a control", "no address has"),
    ([*JUDGED, "--judge.base_url", "http://me:se\ncret@h:0/v1"], "holds a password", "use judge.api_key_env"),
    ([*JUDGED, "--judge.base_url", "https://me:secret@host/v1"], "holds a password", "use judge.api_key_env"),
    (
        [*JUDGED, "--judge.base_url", "http://host/v1/chat/completions"],
        "is the address of one call",
        "end it before /chat/completions",
    ),
    (["--rewards.parts", "[]"], "rewards.parts is empty", "name at least one"),
    (["--run.stages", "[]"], "run.stages is empty", "name at least one"),
    (["--run.stages", '["rl", "rl"]'], "run.stages is ['rl', 'rl']", "name it once"),
    (["--run.stages", '["rollouts", "sft"]'], "run.stages is ['rollouts', 'sft']", "leave out"),
    (
        ["--rollouts.read", "g.jsonl", "--run.stages", '["sft"]'],
        "rollouts.read is \"g.jsonl\" but run.stages ['sft']",
        "add it",
    ),
    (
        ["--data.train", "rows.jsonl"],
        'run.stages holds "evaluate" but data.evaluation names no file',
        "leave the stage out",
    ),
    (["--rollouts.speculative", "3"], "rollouts.speculative is 3, which is no setting of the hf engine", "take it out"),
    (
        ["--rollouts.engine", "vllm-server", "--rollouts.servers", '["http://a"]', "--rollouts.tensor_parallel", "2"],
        "rollouts.tensor_parallel is 2, which is no setting of the vllm-server engine",
        "take it out",
    ),
    (
        [
            *("--rollouts.engine", "vllm-server", "--rollouts.servers", '["http://a"]'),
            *("--rollouts.server_timeout_seconds", "901"),
        ],
        "rollouts.server_timeout_seconds is 901, above half of run.timeout_seconds 1800",
        "raise the second",
    ),
    (
        ["--rollouts.weights_transfer", "nccl"],
        "rollouts.weights_transfer is nccl, which is no setting of the hf engine",
        "take it out",
    ),
    (
        [
            *("--rollouts.engine", "vllm-server", "--rollouts.servers", '["http://a"]'),
            *("--rollouts.weights_transfer", "nccl", "--rollouts.weights_path", "w"),
        ],
        'rollouts.weights_transfer is "nccl" but rollouts.weights_path is "w"',
        "leave out one",
    ),
    (
        ["--rollouts.engine", "vllm-server"],
        'rollouts.engine is "vllm-server" but rollouts.servers is []',
        "needs at least one address",
    ),
    (
        ["--losses.correction", "mask", "--losses.correction_low", "1.5"],
        "losses.correction_low is 1.5, above 1",
        "set at most 1",
    ),
]


@pytest.mark.parametrize(("flags", "facts", "way_out"), CONTRADICTIONS)
def test_a_contradiction_names_the_values_the_limit_and_the_way_out(flags: list[str], facts: str, way_out: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", flags)
    message = str(caught.value)
    assert facts in message
    assert way_out in message


def test_what_only_rl_needs_is_not_asked_of_other_stages() -> None:
    assert load_config("smoke", ["--rollouts.group_size", "1", "--run.stages", '["sft"]']).rollouts.group_size == 1
    # Values at the limits are fine.
    load_config("smoke", ["--packing.max_row_tokens", "176", "--rewards.overlong_buffer_tokens", "15"])
    load_config("smoke", ["--data.synthetic.min_input_tokens", "63", "--update.mini_batches", "8"])


def test_trials_with_known_pairs_are_on_for_an_endpoint_alone() -> None:
    assert load_config("smoke", ENDPOINT).judge.canary_every_steps == 20
    assert load_config("smoke", [*ENDPOINT, "--judge.canary_every_steps", "0"]).judge.canary_every_steps == 0
    assert load_config("smoke", [*JUDGED, "--rewards.judge", "a.py:J"]).judge.canary_every_steps == 0
    assert load_config("smoke").judge.canary_every_steps == 0
    assert load_config("smoke", [*ENDPOINT, "--judge.base_url=http://h/v1/"]).judge.base_url == "http://h/v1"
