"""A process that asks a judge 40 questions and ends without closing it. Arguments: base URL, cache."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from judges import judge, question

if __name__ == "__main__":
    one = judge(sys.argv[1], cache=Path(sys.argv[2]), output="text")
    assert one.verdicts([question(f"city {i}") for i in range(40)]) == [False] * 40
    counters = one.counters
    threads = "few" if threading.active_count() <= 4 else "many"
    sys.stdout.write(f"{counters.calls + counters.hits} asked or remembered, {threads} threads\n")
