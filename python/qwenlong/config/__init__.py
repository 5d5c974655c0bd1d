"""Recipes: pydantic models read from TOML and dotted flags. The only package that imports pydantic."""

from qwenlong.config.judging import Judge
from qwenlong.config.loading import (
    ConfigError,
    describe_keys,
    differing_keys,
    dump_config,
    load_config,
    shipped_recipes,
)
from qwenlong.config.recipe import Config
from qwenlong.config.sampling import Rollouts
from qwenlong.config.sections import (
    Data,
    Evaluation,
    Losses,
    Model,
    Packing,
    Phase,
    Prompts,
    Replay,
    Rewards,
    Run,
    Sft,
    Synthetic,
    TinyModel,
    Update,
)

__all__ = [
    "Config",
    "ConfigError",
    "Data",
    "Evaluation",
    "Judge",
    "Losses",
    "Model",
    "Packing",
    "Phase",
    "Prompts",
    "Replay",
    "Rewards",
    "Rollouts",
    "Run",
    "Sft",
    "Synthetic",
    "TinyModel",
    "Update",
    "describe_keys",
    "differing_keys",
    "dump_config",
    "load_config",
    "shipped_recipes",
]
