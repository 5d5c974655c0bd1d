"""Recipes: what loads, what overrides what, and how a mistake is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from qwenlong.config import (
    Config,
    ConfigError,
    describe_keys,
    differing_keys,
    dump_config,
    load_config,
    shipped_recipes,
)

MINIMAL = """
[[phases]]
max_input_tokens = 96
max_output_tokens = 16
steps = 3

[[phases]]
max_input_tokens = 192
max_output_tokens = 24
steps = 4
"""


def recipe(tmp_path: Path, text: str = "", *, phases: str = MINIMAL) -> str:
    path = tmp_path / "recipe.toml"
    path.write_text(text + phases, "utf-8")
    return str(path)


def complaint(*flags: str, source: str = "smoke") -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(source, flags)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_every_shipped_recipe_loads_and_says_what_it_is(name: str) -> None:
    assert load_config(name).phases
    assert len(shipped_recipes()[name]) > 20


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_a_dumped_recipe_loads_as_the_same_recipe(tmp_path: Path, name: str) -> None:
    config = load_config(name, ["--run.seed", "3", "--losses.algorithm", "dapo"])
    (tmp_path / "config.toml").write_text(dump_config(config), "utf-8")
    again = load_config(str(tmp_path / "config.toml"))
    assert again == config
    assert differing_keys(again, config) == []
    assert dump_config(again) == dump_config(config)


def test_nothing_but_phases_is_required(tmp_path: Path) -> None:
    config = load_config(recipe(tmp_path))
    assert (config.run.seed, config.rollouts.group_size, config.phases[1].steps) == (0, 8, 4)
    assert "phases" in complaint(source=recipe(tmp_path, "[run]\nseed = 1\n", phases=""))
    assert "phases" in complaint(source=recipe(tmp_path, "phases = []\n", phases=""))


def test_flags_lie_over_the_recipe_and_the_recipe_over_the_defaults(tmp_path: Path) -> None:
    source = recipe(tmp_path, "[run]\nseed = 5\nkeep_checkpoints = 7\n")
    config = load_config(
        source, ["--run.seed", "9", "--model.tiny.num_layers=3", "--rollouts.dynamic_sampling", "true"]
    )
    assert (config.run.seed, config.run.keep_checkpoints, config.run.checkpoint_every_steps) == (9, 7, 10)
    assert config.model.tiny.num_layers == 3
    assert config.rollouts.dynamic_sampling is True


def test_lists_and_tables_are_given_as_json() -> None:
    config = load_config(
        "smoke", ["--run.stages", '["sft", "rl"]', "--sft", '{"max_steps": 2}', "--update.betas", "[0.8, 0.9]"]
    )
    assert config.run.stages == ["sft", "rl"]
    assert (config.sft.max_steps, config.sft.batch_size) == (2, 16)  # the recipe's other keys stay
    assert config.update.betas == (0.8, 0.9)


def test_a_flag_reaches_into_the_list_of_phases() -> None:
    config = load_config("smoke", ["--phases.0.steps", "5", "--run.seed", "4", "--phases.1.max_output_tokens=20"])
    assert [(phase.steps, phase.max_output_tokens) for phase in config.phases] == [(5, 16), (4, 20)]
    assert config.run.seed == 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--phases.2.steps", "5"],
            "--phases.2.steps: the recipe has 2 phases, counted from 0, so there is no phases.2",
        ),
        (["--phases.0.stepps", "5"], "unknown flag --phases.0.stepps (did you mean phases.0.steps?)"),
        (["--phases.first.steps", "5"], "unknown flag --phases.first.steps"),
        (["--phases.0.steps"], "--phases.0.steps has no value"),
        (["--phases.0.steps", "--run.seed", "1"], "--phases.0.steps has no value"),
        (["--phases.1.steps", "many"], "phases.1.steps: input should be a valid integer"),
        (["--phases.0.steps", "0"], "phases.0.steps: input should be greater than 0, not 0"),
        (["--phases.0.steps", "1", "--phases", "[]"], "--phases replaces the whole list"),
    ],
)
def test_a_wrong_flag_for_a_phase_says_what_is_wrong(flags: list[str], message: str) -> None:
    assert message in complaint(*flags)


def test_the_environment_is_not_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUN", '{"seed": 77}')
    monkeypatch.setenv("run", '{"seed": 78}')
    assert load_config("smoke").run.seed == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nsed = 1\n", "unknown key run.sed (did you mean run.seed?)"),
        ("[rollout]\ngroup_size = 4\n", "unknown key rollout (did you mean rollouts?)"),
        ("[model.tiny]\nnum_layer = 4\n", "unknown key model.tiny.num_layer (did you mean model.tiny.num_layers?)"),
        (
            "[data.synthetic]\nnum_vals = 4\n",
            "unknown key data.synthetic.num_vals (did you mean data.synthetic.num_values?)",
        ),
        ("[run]\nzebra = 1\n", "unknown key run.zebra"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path, text: str, message: str) -> None:
    assert message in complaint(source=recipe(tmp_path, text))


def test_an_unknown_key_of_a_phase_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    source = recipe(tmp_path, phases=MINIMAL.replace("steps = 4", "step = 4"))
    assert "unknown key phases.1.step (did you mean phases.steps?)" in complaint(source=source)
    assert "phases.1.steps: field required" in complaint(source=source)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--run.sed", "1"], "unknown flag --run.sed (did you mean run.seed?); --help lists all"),
        (["--seed=1"], "unknown flag --seed"),
        (["--losses", '{"algoritm": "dapo"}'], "unknown key losses.algoritm (did you mean losses.algorithm?)"),
        (["-h"], "unknown flag -h"),
        (["--run.seed"], "smoke: cannot read the flags: argument --run.seed: expected one argument"),
        (["loose"], "unrecognized arguments: loose"),
        (["--run.stages", '["sft"'], "run.stages"),
        (
            ["--run.seed", "one"],
            "run.seed: input should be a valid integer, unable to parse string as an integer, not 'one'",
        ),
        (["--losses.algorithm", "ppo"], "losses.algorithm: input should be 'grpo' or 'dapo', not 'ppo'"),
    ],
)
def test_a_wrong_flag_gives_one_clean_line(flags: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert message in complaint(*flags)
    assert capfd.readouterr() == ("", "")  # no usage of argparse


def test_an_unknown_recipe_names_the_nearest_and_all_shipped() -> None:
    message = complaint(source="quickstrat")
    assert "no recipe 'quickstrat' (did you mean quickstart?)" in message
    for name in shipped_recipes():
        assert name in message


def test_broken_toml_is_named_with_its_place(tmp_path: Path) -> None:
    source = recipe(tmp_path, "[run\n")
    assert complaint(source=source).startswith(f"{source}: not valid TOML")
    assert "line 1" in complaint(source=source)


@pytest.mark.parametrize(
    ("algorithm", "wanted"),
    [
        # The overlong buffer is a tenth of the shortest output limit, here 16.
        ("grpo", {"clip_low": 0.2, "clip_high": 0.2, "aggregation": "sequence", "dynamic": False, "buffer": 0}),
        ("dapo", {"clip_low": 0.2, "clip_high": 0.28, "aggregation": "token", "dynamic": True, "buffer": 1}),
    ],
)
def test_an_algorithm_sets_what_a_recipe_leaves_open(tmp_path: Path, algorithm: str, wanted: dict[str, Any]) -> None:
    def found(config: Config) -> dict[str, Any]:
        return {
            "clip_low": config.losses.clip_low, "clip_high": config.losses.clip_high,
            "aggregation": config.losses.aggregation, "dynamic": config.rollouts.dynamic_sampling,
            "buffer": config.rewards.overlong_buffer_tokens,
        }  # fmt: skip

    source = recipe(tmp_path)
    assert found(load_config(source, ["--losses.algorithm", algorithm])) == wanted
    said = [
        "--losses.clip_high", "0.5", "--losses.aggregation", "token", "--rollouts.dynamic_sampling", "false",
        "--rewards.overlong_buffer_tokens", "4",
    ]  # fmt: skip
    assert found(load_config(source, ["--losses.algorithm", algorithm, *said])) == {
        "clip_low": 0.2, "clip_high": 0.5, "aggregation": "token", "dynamic": False, "buffer": 4,
    }  # fmt: skip


def test_the_resolved_recipe_leaves_nothing_unset() -> None:
    for algorithm in ("grpo", "dapo"):
        dumped = load_config("smoke", ["--losses.algorithm", algorithm]).model_dump()
        assert [
            f"{head}.{key}"
            for head, part in dumped.items()
            if isinstance(part, dict)
            for key in part
            if part[key] is None
        ] == []


def test_keys_that_differ_are_named_with_both_values() -> None:
    one = load_config("smoke")
    other = load_config("smoke", ["--run.seed", "3", "--phases.1.steps", "9"])
    assert sorted(differing_keys(one, other)) == ["phases.1.steps: 4 then, 9 now", "run.seed: 0 then, 3 now"]
    fewer = load_config("smoke", ["--phases", '[{"max_input_tokens": 96, "max_output_tokens": 16, "steps": 4}]'])
    assert "phases.1.steps: 4 then, None now" in differing_keys(one, fewer)


def test_no_field_of_any_section_lacks_a_help_string() -> None:
    def check(model: type[BaseModel]) -> int:
        number = 0
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert re.search(r"\w", field.description)
            kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
            number += 1 + sum(check(kind) for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
        return number

    described = list(describe_keys())
    # Sections themselves are not keys; `phases` is one beside its fields.
    sections = sum(
        isinstance(f.annotation, type) and issubclass(f.annotation, BaseModel) for f in Config.model_fields.values()
    )
    assert check(Config) == len(described) + sections
    assert all(about for _, _, about in described)
    assert ("phases.INDEX.steps", "required", "RL steps.") in described
