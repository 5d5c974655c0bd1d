"""What a judge remembers, and how it ends: cache over restarts, processes and forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
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


PROGRAM = Path(__file__).parent / "programs" / "asking.py"


def test_processes_share_one_cache(tmp_path: Path) -> None:
    with serving(honest) as server:
        command = [sys.executable, str(PROGRAM), server.url, str(tmp_path / "node.sqlite")]
        ranks = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [rank.communicate(timeout=60)[0] for rank in ranks] == ["40 asked or remembered, 2 threads\n"] * 2
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
