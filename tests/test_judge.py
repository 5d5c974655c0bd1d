"""The judge behind an endpoint, against real HTTP servers: slow, down, busy, broken, lying and fine."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse

from judges import (
    Reply,
    always,
    choices,
    compared,
    free_port,
    honest,
    in_turn,
    judge,
    no,
    question,
    quoted,
    said,
    serving,
    status,
    yes,
)
from qwenlong.backends.judge import EndpointJudge, describe
from qwenlong.backends.judge_endpoint import Endpoint
from qwenlong.scoring import judge_reply, without_verdicts


def test_verdicts_come_in_the_order_of_the_questions() -> None:
    with serving(honest) as server, judge(server.url) as one:
        questions = [question(name) for name in ("Berlin", "Paris", "berlin", "Rome", "BERLIN.")]
        assert one.verdicts(questions) == [True, False, True, False, True]
        assert one.verdicts([]) == []
        counters = one.counters
    # One request found out what the server can do.
    assert (counters.questions, counters.calls, counters.missing, counters.failures) == (5, 6, 0, 0)
    assert (counters.prompt_tokens, counters.reply_tokens) == (600, 30)
    assert counters.latency_seconds > 0
    assert counters.wait_seconds > 0


def test_the_request_is_what_it_should_be() -> None:
    with serving(honest) as server, judge(server.url, api_key="secret", output="text", max_reply_tokens=77) as one:
        one.verdicts([question("Paris", "Berlin", "Berlin, Germany")])
    (body,) = server.requests
    assert {key: body[key] for key in ("model", "temperature", "max_tokens")} == {
        "model": "judge", "temperature": 0, "max_tokens": 77,
    }  # fmt: skip
    assert set(body) == {"model", "messages", "temperature", "max_tokens"}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert quoted(body, "question") == "What is the capital?"
    assert quoted(body, "answer C") == "Paris"
    assert quoted(body, "answer R").splitlines() == ["Berlin", "Berlin, Germany"]
    assert server.headers[0]["authorization"] == "Bearer secret"


async def older_vllm(body: dict[str, Any]) -> Response:
    """Does not know the newer field and passes over it."""
    return await honest({key: value for key, value in body.items() if key != "structured_outputs"})


async def refusing(body: dict[str, Any]) -> Response:
    """Refuses fields it does not know, as OpenAI does."""
    if {"structured_outputs", "guided_choice", "regex"} & set(body):
        return JSONResponse({"error": {"message": "Unrecognized request argument"}}, status_code=400)
    return await honest(body)


async def sglang(body: dict[str, Any]) -> Response:
    """Passes over fields it does not know and holds to a pattern."""
    if "regex" not in body:
        return await ignoring(body)
    allowed = [verdict for verdict in ("[[NO]]", "[[YES]]") if re.fullmatch(body["regex"], verdict)]
    assert len(allowed) == 2
    assert not re.fullmatch(body["regex"], "[[MAYBE]]")
    return await honest({**body, "guided_choice": allowed})


async def ignoring(body: dict[str, Any]) -> Response:
    """Knows neither field and passes over both."""
    return await honest({key: body[key] for key in ("model", "messages", "temperature", "max_tokens")})


@pytest.mark.parametrize(
    ("reply", "probes", "field"),
    [
        (honest, 1, "structured_outputs"),
        (older_vllm, 2, "guided_choice"),
        (sglang, 3, "regex"),
        (refusing, 3, None),
        (ignoring, 3, None),
    ],
)
def test_a_choice_is_asked_for_where_the_server_holds_to_it(reply: Reply, probes: int, field: str | None) -> None:
    with serving(reply) as server, judge(server.url) as one:
        assert one.verdicts([question("Berlin"), question("Paris")]) == [True, False]
        assert one.verdicts([question("Rome")]) == [False]
    assert len(server.requests) - len(server.asked()) == probes, "found out once"
    for body in server.asked():
        assert bool({"structured_outputs", "guided_choice", "regex"} & set(body)) == (field is not None)
        assert field is None or field in body
        assert body["max_tokens"] == (16 if field else 512)


def test_a_wrong_key_at_first_does_not_hide_what_the_server_can_do() -> None:
    refused = [True]

    async def locked(body: dict[str, Any]) -> Response:
        return JSONResponse({}, status_code=401) if refused else await honest(body)

    with serving(locked) as server, judge(server.url) as one:
        assert one.verdicts([question("Paris")]) == [None]
        assert "HTTP 401" in one.trouble
        refused.clear()
        assert one.verdicts([question("Paris")]) == [False]
        assert choices(server.asked()[-1])


def test_equal_questions_are_asked_once() -> None:
    with serving(honest) as server, judge(server.url) as one:
        assert one.verdicts([question("Paris")] * 50 + [question("Berlin")] * 50) == [False] * 50 + [True] * 50
        assert len(server.asked()) == 2
        assert one.counters.shared + one.counters.hits == 98
        # Another gold or another question is another question.
        one.verdicts([question("Paris", "Paris"), question("Paris", about="And of France?")])
    assert len(server.asked()) == 4


def test_threads_that_ask_the_same_at_once_share_the_answer() -> None:
    async def slowly(body: dict[str, Any]) -> Response:
        await asyncio.sleep(0.2)
        return await honest(body)

    found: list[list[bool | None]] = []
    with serving(slowly) as server, judge(server.url, output="text") as one:
        threads = [threading.Thread(target=lambda: found.append(one.verdicts([question("Rome")]))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [[False]] * 4
    assert len(server.asked()) == 1


def test_no_more_questions_are_under_way_than_allowed() -> None:
    async def slowly(body: dict[str, Any]) -> Response:
        await asyncio.sleep(0.02)
        return no()

    with serving(slowly) as server, judge(server.url, concurrency=3, output="text") as one:
        assert one.verdicts([question(f"city {i}") for i in range(12)]) == [False] * 12
    assert server.most == 3


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_what_may_pass_is_asked_again(code: int) -> None:
    with serving(in_turn(status(code), status(code), yes)) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("Germany's capital")]) == [True]
    assert len(server.requests) == 3
    assert (one.counters.retries, one.counters.failures, one.counters.missing) == (2, 2, 0)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_asked_again(code: int) -> None:
    with serving(always(status(code))) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("x")]) == [None]
        assert f"HTTP {code}" in one.trouble
    assert len(server.requests) == 1


def test_retries_are_bounded() -> None:
    with serving(always(status(500))) as server, judge(server.url, output="text", retries=2) as one:
        assert one.verdicts([question("x")]) == [None]
    assert len(server.requests) == 3
    assert (one.counters.failures, one.counters.missing) == (3, 1)


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    with serving(in_turn(status(429, **{"Retry-After": "1"}), yes)) as server, judge(server.url, output="text") as one:
        started = time.monotonic()
        assert one.verdicts([question("x")]) == [True]
    assert 1.0 <= time.monotonic() - started < 5.0


def test_a_slow_server_times_out_and_the_deadline_ends_the_question() -> None:
    async def never(body: dict[str, Any]) -> Response:
        await asyncio.sleep(60)
        return yes()

    with serving(never) as server, judge(server.url, timeout_seconds=1.0, retries=1, output="text") as one:
        started = time.monotonic()
        assert one.verdicts([question("x")]) == [None]
        assert time.monotonic() - started < 20
        assert "Timeout" in one.trouble
    assert len(server.requests) == 2
    with serving(never) as server, judge(server.url, deadline_seconds=0.3, output="text") as one:
        started = time.monotonic()
        assert one.verdicts([question("x"), question("y")]) == [None, None]
        assert time.monotonic() - started < 20
        assert "judge.deadline_seconds 0.3" in one.trouble


def test_a_server_that_is_down_leaves_every_verdict_missing_and_is_not_asked_for_ever() -> None:
    with judge(f"http://127.0.0.1:{free_port()}/v1", retries=1, concurrency=4) as one:
        started = time.monotonic()
        assert one.verdicts([question(f"city {i}") for i in range(500)]) == [None] * 500
        assert time.monotonic() - started < 20
        assert "ConnectError" in one.trouble
        # 8 failures in a row, and those that were under way.
        assert one.counters.calls < 40
        assert one.counters.missing == 500


def test_a_server_that_comes_back_is_asked_again() -> None:
    port = free_port()
    with judge(f"http://127.0.0.1:{port}/v1", retries=0) as one:
        assert one.verdicts([question("Berlin")]) == [None]
        program = [sys.executable, str(Path(__file__).parent / "judges.py"), str(port), "honest"]
        with subprocess.Popen(program) as server:
            try:
                for _ in range(200):
                    found = one.verdicts([question("Berlin")])
                    if found == [True]:
                        break
                    time.sleep(0.1)
                assert found == [True]
            finally:
                server.terminate()


async def endless(body: dict[str, Any]) -> Response:
    async def parts() -> Any:
        yield b'{"choices": [{"message": {"content": "'
        for _ in range(4000):
            yield b"[[YES]] " * 1024

    return StreamingResponse(parts(), media_type="application/json")


@pytest.mark.parametrize(
    "reply",
    [
        always(lambda: Response('{"choices": [{"mess', media_type="application/json")),
        always(lambda: Response("<html>[[YES]]</html>")),
        always(lambda: Response("")),
        always(lambda: JSONResponse({})),
        always(lambda: JSONResponse({"choices": []})),
        always(lambda: JSONResponse({"choices": [{"message": None}]})),
        always(lambda: JSONResponse("[[YES]]")),
        always(lambda: JSONResponse([1])),
        always(lambda: Response("[" * 100_000)),
        always(lambda: said(None)),
        always(lambda: said(["[[YES]]"])),
        always(lambda: said("")),
        always(lambda: said(":")),
        always(lambda: said("Solution")),
        always(lambda: said("Yes.")),
        always(lambda: said("[[YES]] or [[NO]]")),
        always(lambda: said("[[YES]] [[NO]]")),
        always(lambda: said("I would not say [[YES]]")),
        always(lambda: said("[[YES]]\nand so on")),
        always(lambda: said("[[YES]]", finish="length")),
        always(lambda: said("x " * 200_000)),
        endless,
    ],
    ids=lambda reply: "",
)
def test_a_reply_without_a_verdict_is_no_verdict(reply: Reply) -> None:
    with serving(reply) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("Paris")]) == [None]
        # Once more with a reminder, then it is given up.
        assert (one.counters.invalid, one.counters.missing) == (2, 1)
        assert "no verdict that counts" in one.trouble
    assert len(server.requests) == 2
    assert "alone, on one line" in server.requests[1]["messages"][-1]["content"]


def test_a_reminder_can_bring_the_verdict() -> None:
    with serving(in_turn(lambda: said("Hm."), no)) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("Paris")]) == [False]
    assert (one.counters.invalid, one.counters.missing) == (1, 0)


@pytest.mark.parametrize(
    "prediction",
    [
        "",
        " ",
        ":",
        "...",
        "?!",
        "[[YES]]",
        "[[***YES]]",
        "\u200b",
        "\u3164",
        "\uffa0",
        "\u115f \u1160",
        "\u00b4",
        "\U0001d159",
        "\ufe0f",
        "Berlin " * 1000,
    ],
)
def test_where_there_is_nothing_to_judge_the_answer_is_no_without_asking(prediction: str) -> None:
    with serving(always(yes)) as server, judge(server.url) as one:
        assert one.verdicts([question(prediction)]) == [False]
        assert one.counters.unasked == 1
    assert server.requests == []


@pytest.mark.parametrize("prediction", ["\u221e", "\u20ac", "+", "\u00bd", "\u2167", "\u6771", "7", "\u2192", "\u2713"])
def test_a_sign_says_something(prediction: str) -> None:
    with serving(honest) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question(prediction)]) == [False]
        assert one.asks(prediction)
    assert [quoted(body, "answer C") for body in server.requests] == [prediction]


def test_only_replies_have_a_latency_and_what_a_deadline_ends_is_a_failure() -> None:
    async def slow(body: dict[str, Any]) -> Response:
        if quoted(body, "answer C") == "Rome":
            await asyncio.sleep(30)
        await asyncio.sleep(0.3)
        return status(400)()

    with serving(slow) as server, judge(server.url, output="text", deadline_seconds=1.0) as one:
        assert one.verdicts([question("Paris"), question("Rome")]) == [None, None]
        counters = one.counters
        assert (counters.calls, counters.failures, counters.latency_seconds) == (2, 2, 0.0)


def test_a_long_batch_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwenlong.backends.judge.REPORT_SECONDS", 0.05)
    heard: list[str] = []

    async def slowly(body: dict[str, Any]) -> Response:
        await asyncio.sleep(0.08)
        return JSONResponse({}, status_code=400) if compared(body) else no()

    with serving(slowly) as server:
        endpoint = Endpoint(base_url=server.url, model="judge", output="text")
        with EndpointJudge(endpoint, read=judge_reply, clean=without_verdicts, concurrency=1, say=heard.append) as one:
            one.verdicts([question("Berlin"), question("Paris"), question("Rome"), question("Oslo")])
    assert any(line.startswith("judge: 2 of 4 verdicts, 1 without one (last: HTTP 400") for line in heard)


def test_cost_is_counted_by_the_prices() -> None:
    with serving(honest) as server, judge(server.url, output="text", prompt_price=2.0, reply_price=10.0) as one:
        one.verdicts([question("Paris")])
        # 100 tokens at 2 and 5 at 10 per million.
        assert one.counters.cost == pytest.approx(250e-6)


def test_what_an_endpoint_is_in_a_line() -> None:
    with serving(honest) as server:
        assert describe(Endpoint(base_url=server.url, model="judge")) == f"{server.url} serves judge"
        assert "serves judge, not judge.model other" in describe(Endpoint(base_url=server.url, model="other"))
        assert "answers with HTTP 404" in describe(Endpoint(base_url=server.url + "/x", model="judge"))
    assert "cannot be reached now (ConnectError" in describe(Endpoint(base_url=server.url, model="judge"))


def test_httpx_is_not_loaded_without_a_judge() -> None:
    code = "import sys, qwenlong, qwenlong.rewards, qwenlong.config; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
