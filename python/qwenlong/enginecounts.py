"""What the engines counted in a step, as metrics: a part of the metrics."""

from __future__ import annotations

from collections.abc import Sequence

from qwenlong.records import EngineCounts


def engine_metrics(engines: Sequence[EngineCounts], *, step_seconds: float) -> dict[str, float | None]:
    """What all engines counted in a step; null where one of them cannot tell."""

    def total(name: str) -> float | None:
        values = [getattr(engine, name) for engine in engines]
        return None if not values or None in values else float(sum(values))

    def share(part: str, whole: str) -> float | None:
        over, under = total(part), total(whole)
        return over / under if over is not None and under else None

    prefilled = share("prefilled_tokens", "prompt_tokens")
    busy = total("busy_seconds")
    idle = None if busy is None else max(0.0, step_seconds - busy / len(engines))
    return {
        "cache_hit_share": share("cache_hits", "cache_queries"),
        "prefilled_again_share": None if prefilled is None else max(0.0, prefilled - 1.0),
        "draft_acceptance": share("accepted_tokens", "drafted_tokens"),
        "preemptions": total("preemptions"),
        "servers_lost": total("servers_lost"),
        "requests_moved": total("requests_moved"),
        "engine_idle_seconds": idle,
        "engine_idle_per_second": idle / step_seconds if idle is not None and step_seconds > 0 else None,
    }
