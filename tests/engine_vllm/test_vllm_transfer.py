"""vLLM's own transfer of weights, into real servers: all of it but NCCL, in whose place `carrier` stands here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import carrier
from policies import tiny_model
from pools import Server, changed, pool_by, requests, started, worst
from qwenlong.backends import vllm_transfer
from qwenlong.backends.vllm_http import PoolError, Servers
from qwenlong.backends.vllm_transfer import NCCLTransfer
from qwenlong.records import Sampling

pytestmark = [
    # Not ours: what vLLM and what it imports still call by old names.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
SAMPLING = Sampling(temperature=0.7, max_tokens=20)
ASKED = requests(6, 2)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"), init_range=0.1)


@pytest.fixture(scope="module")
def servers(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    path = carrier.plugin(tmp_path_factory.mktemp("plugin"))
    more: dict[str, Any] = {"flags": ("--rollouts.weights_transfer", "nccl"), "PYTHONPATH": path}
    with started(Server(model, **more), Server(model, **more)) as both:
        yield both


@pytest.fixture
def pool(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from qwenlong.backends.vllm_engine import transfer_group

    carrier.register(monkeypatch.setattr)
    monkeypatch.setattr(vllm_transfer, "CHUNK_BYTES", 50_000)  # several chunks, some of one tensor
    found = Servers([server.url for server in servers], load_seconds=60, longest_seconds=60)
    with closing(pool_by(NCCLTransfer(found, transfer_group), found)) as one:
        yield one


def test_every_push_reaches_every_server(pool: Any, model: Path) -> None:
    for version in (1, 2):
        other = changed(model, seed=version)
        pool.load_weights(other.state_dict().items(), version)
        for server in pool._servers.all:
            for one in pool._servers.all:
                one.alive = one is server
            found = list(pool.generate(ASKED, SAMPLING))
            assert {one.weight_version for one in found} == {version}
            assert worst(other, ASKED, found, SAMPLING) < 2e-4
        assert worst(model_of(model), ASKED, found, SAMPLING) > 0.1, "the weights before say something else"


def model_of(path: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path)


def test_a_server_that_is_gone_before_a_push_is_left_out_and_comes_back(
    pool: Any, servers: list[Server], model: Path
) -> None:
    other = changed(model, seed=3)
    servers[0].kill()
    pool.load_weights(other.state_dict().items(), 3)
    assert [server.alive for server in pool._servers.all] == [False, True]
    assert worst(other, ASKED, list(pool.generate(ASKED, SAMPLING)), SAMPLING) < 2e-4
    servers[0].back()
    pool.load_weights(other.state_dict().items(), 4)
    assert [server.alive for server in pool._servers.all] == [True, True]
    assert worst(other, ASKED, list(pool.generate(ASKED, SAMPLING)), SAMPLING) < 2e-4


def test_a_server_lost_in_the_middle_ends_the_push_at_once(pool: Any, servers: list[Server], model: Path) -> None:
    def pairs() -> Iterator[tuple[str, Any]]:
        for number, pair in enumerate(changed(model).state_dict().items()):
            if number == 8:
                servers[1].kill()
            yield pair

    with pytest.raises(PoolError, match=f"{servers[1].url} was lost while weights went to it"):
        pool.load_weights(pairs(), 5)
