"""What a judge remembers, and how it ends: cache over restarts, processes and forks."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from judges import always, compared, free_port, honest, judge, no, question, quoted, said, serving


def test_verdicts_are_remembered_over_restarts_and_missing_ones_are_not(tmp_path: Path) -> None:
    cache = tmp_path / "node.sqlite"
    questions = [question("Berlin"), question("Paris")]

    async def half(body: dict[str, Any]) -> Response:
        return said("[[YES]]") if compared(body) else JSONResponse({}, status_code=400)

    with serving(half) as server, judge(server.url, cache=cache, output="text") as one:
        assert one.verdicts(questions) == [True, None]
    # Another process, another port; the server is down for what is remembered.
    with serving(always(no)) as server, judge(server.url, cache=cache, output="text") as one:
        assert one.verdicts(questions) == [True, False]
        assert len(server.requests) == 1
        assert (one.counters.hits, one.counters.calls) == (1, 1)
    with judge(f"http://127.0.0.1:{free_port()}/v1", cache=cache, output="text") as one:
        assert one.verdicts(questions) == [True, False]
        assert one.counters.calls == 0
        assert one.fresh_verdicts(questions) == [None, None], "asked past the cache"


@pytest.mark.parametrize("change", [{"model": "other"}, {"output": "choice"}, {"max_reply_tokens": 100}])
def test_another_judge_remembers_nothing_of_the_first(tmp_path: Path, change: dict[str, Any]) -> None:
    cache = tmp_path / "node.sqlite"
    with serving(honest) as server:
        with judge(server.url, cache=cache, output="text") as one:
            one.verdicts([question("Paris")])
        with judge(server.url, cache=cache, **({"output": "text"} | change)) as other:
            other.verdicts([question("Paris")])
            assert other.counters.hits == 0


def test_a_file_that_is_no_cache_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "node.sqlite").write_text("something else entirely\n" * 100)
    with pytest.raises(ValueError, match=r'judge\.cache .*node\.sqlite cannot be used .*to "off"'):
        judge("http://127.0.0.1:1/v1", cache=tmp_path / "node.sqlite")


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has the file to itself."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_file_that_others_hold_keeps_no_verdict_back_and_is_written_once_it_is_free(tmp_path: Path) -> None:
    cache = tmp_path / "node.sqlite"
    questions = [question(f"city {i}") for i in range(200)]
    with serving(honest) as server:
        with judge(server.url, cache=cache, output="text") as one, held(cache):
            started = time.monotonic()
            assert one.verdicts(questions) == [False] * 200
            assert one.verdicts(questions) == [False] * 200
            # A lock that each of 400 look-ups waited for would take minutes.
            assert time.monotonic() - started < 10
            assert len(server.requests) == 200, "what waits to be written is remembered"
        with judge(server.url, cache=cache, output="text") as one:
            one.verdicts(questions)
            assert (one.counters.hits, len(server.requests)) == (200, 200)


def test_a_lock_ends_no_call_later_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "node.sqlite"
    monkeypatch.setattr("qwenlong.backends.judge_cache.BUSY_SECONDS", 5.0)
    with serving(honest) as server, judge(server.url, cache=cache, output="text", seconds=1.0) as one:
        one.verdicts([question("Rome")])
        assert one._cache._connection is not None
        one._cache._connection.execute("PRAGMA locking_mode=NORMAL")
        one._cache._lock.acquire()  # as a write that the disk does not end
        try:
            started = time.monotonic()
            one.verdicts([question("Paris")])
            assert time.monotonic() - started < 3
        finally:
            one._cache._lock.release()


def test_a_file_that_others_hold_is_not_to_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "node.sqlite"
    for name in ("OPEN_SECONDS", "BUSY_SECONDS"):
        monkeypatch.setattr(f"qwenlong.backends.judge_cache.{name}", 0.1)
    cache.touch()
    with held(cache), pytest.raises(ValueError, match=r"locked.*another process holds it: wait") as told:
        judge("http://127.0.0.1:1/v1", cache=cache)
    assert "remove" not in str(told.value)


@pytest.mark.parametrize("value", ["x'01'", "'yes'", "7", "-1", "0.5"])
def test_what_is_neither_0_nor_1_is_no_verdict_and_is_replaced(tmp_path: Path, value: str) -> None:
    cache = tmp_path / "node.sqlite"
    with serving(honest) as server:
        for asked in (1, 2, 2):
            with judge(server.url, cache=cache, output="text") as one:
                assert one.verdicts([question("Paris")]) == [False]
            assert len(server.requests) == asked
            if asked == 1:
                with contextlib.closing(sqlite3.connect(cache)) as other, other:
                    other.execute(f"UPDATE verdicts SET verdict = {value}")  # the test's own


PROGRAM = Path(__file__).parent / "programs" / "asking.py"


def test_processes_share_one_cache(tmp_path: Path) -> None:
    with serving(honest) as server:
        command = [sys.executable, str(PROGRAM), server.url, str(tmp_path / "node.sqlite")]
        ranks = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [rank.communicate(timeout=60)[0] for rank in ranks] == ["40 asked or remembered, few threads\n"] * 2
        asked = Counter(quoted(body, "answer C") for body in server.asked())
        assert len(asked) == 40
        assert max(asked.values()) <= 2
        seen = len(server.requests)
        subprocess.run(command, capture_output=True, timeout=60, check=True)
        assert len(server.requests) == seen, "all of it is remembered"


def test_the_end_of_the_program_is_the_end_of_the_judge(tmp_path: Path) -> None:
    with serving(honest) as server:
        command = [sys.executable, "-W", "error", str(PROGRAM), server.url, str(tmp_path / "node.sqlite")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_closing_leaves_no_thread_and_asking_again_starts_one() -> None:
    before = threading.active_count()
    with serving(honest) as server:
        serving_threads = threading.active_count()
        one = judge(server.url)
        one.verdicts([question("Paris")])
        assert threading.active_count() > serving_threads
        one.close()
        one.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "qwenlong-judge"]
        assert one.verdicts([question("Rome")]) == [False]
        one.close()
    assert threading.active_count() == before


def test_a_fork_asks_with_a_thread_of_its_own(tmp_path: Path) -> None:
    with serving(honest) as server, judge(server.url, cache=tmp_path / "node.sqlite") as one:
        assert one.verdicts([question("Paris")]) == [False]
        child = os.fork()
        if not child:
            code = 1
            try:
                code = 0 if one.verdicts([question("Paris"), question("Berlin")]) == [False, True] else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert one.verdicts([question("Rome")]) == [False]
