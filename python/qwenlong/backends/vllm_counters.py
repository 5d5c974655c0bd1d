"""What vLLM counts, by its names and by ours: in process, and on the pages of servers."""

from __future__ import annotations

from collections.abc import Mapping

from qwenlong.records import EngineCounts

COUNTERS = {
    "cache_queries": "vllm:prefix_cache_queries",
    "cache_hits": "vllm:prefix_cache_hits",
    "preemptions": "vllm:num_preemptions",
    "drafted_tokens": "vllm:spec_decode_num_draft_tokens",
    "accepted_tokens": "vllm:spec_decode_num_accepted_tokens",
}
"""Fields of EngineCounts and vLLM's names of them."""


def named(values: Mapping[str, float]) -> dict[str, int]:
    """By our names what a vLLM has of COUNTERS; what it does not count is absent."""
    return {field: int(values[name]) for field, name in COUNTERS.items() if name in values}


def read_page(text: str) -> dict[str, int]:
    """The same from a server's /metrics, Prometheus' text format, summed over its engines."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("vllm:"):
            name = line.partition("{")[0].partition(" ")[0].removesuffix("_total")
            if name in COUNTERS.values():
                sums[name] = sums.get(name, 0.0) + float(line.rpartition(" ")[2])
    return named(sums)


def grown(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """What was counted in between; a counter that fell began anew, with its process."""
    return {
        field: value - (before.get(field, 0) if value >= before.get(field, 0) else 0) for field, value in now.items()
    }


def total(servers: list[dict[str, int] | None]) -> dict[str, int]:
    """The sum over servers: only of what all of them tell, for missing is not zero."""
    if not servers or None in servers:
        return {}
    known = [one for one in servers if one is not None]
    return {field: sum(one[field] for one in known) for field in COUNTERS if all(field in one for one in known)}


def engine_counts(
    counted: Mapping[str, int],
    *,
    busy_seconds: float,
    prompt_tokens: int,
    lost: int | None = None,
    moved: int | None = None,
) -> EngineCounts:
    """As the metrics take it; without the cache's counters nobody knows what was prefilled."""
    known = "cache_queries" in counted and "cache_hits" in counted
    return EngineCounts(
        busy_seconds=busy_seconds,
        prompt_tokens=prompt_tokens if known else None,
        prefilled_tokens=counted["cache_queries"] - counted["cache_hits"] if known else None,
        servers_lost=lost,
        requests_moved=moved,
        **counted,
    )
