"""Frameworks run as they are, but for the network: hubs are off, caches thrown away, only this machine is reached."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from typing import Any

import pytest

CACHE = tempfile.TemporaryDirectory(prefix="qwenlong-harnesses-", ignore_cleanup_errors=True)
os.environ |= {
    "HF_HOME": CACHE.name,
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_EVALUATE_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "RAY_USAGE_STATS_ENABLED": "0",
    "WANDB_MODE": "disabled",
}

connect = socket.socket.connect


def connect_here(self: socket.socket, address: Any) -> None:
    """Connect, but to this machine alone."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
        raise AssertionError(f"a test reached for the network: {address}")
    connect(self, address)


def pytest_configure(config: pytest.Config) -> None:
    socket.socket.connect = connect_here  # type: ignore[method-assign, assignment]


def pytest_unconfigure(config: pytest.Config) -> None:
    CACHE.cleanup()
