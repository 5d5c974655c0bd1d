"""What goes wrong with a judge's server: outages and single questions, keys that leak, times, replies beyond reason."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tenacity
from starlette.responses import JSONResponse, Response, StreamingResponse

from judges import Reply, compared, honest, judge, question, quoted, said, serving
from qwenlong.backends import judge_prompt
from qwenlong.backends.judge_client import MAX_COUNT, _asked_pause
from qwenlong.backends.judge_endpoint import Endpoint
from qwenlong.backends.judge_inquiry import describe

KEY = "sk-SECRET"


def refusing(code: int) -> Reply:
    """A server that cannot take questions about a town."""

    async def reply(body: dict[str, Any]) -> Response:
        if quoted(body, "answer C").startswith("town"):
            return JSONResponse({"error": "maximum context length"}, status_code=code)
        return await honest(body)

    return reply


def towns_and_cities(towns: int, cities: int) -> list[Any]:
    return [question(f"town {i}") for i in range(towns)] + [question(f"city {i}") for i in range(cities)]


@pytest.mark.parametrize("code", [400, 413, 422])
def test_a_question_that_a_server_cannot_take_is_no_outage(code: int) -> None:
    with serving(refusing(code)) as server, judge(server.url, output="text", concurrency=4) as one:
        assert one.verdicts(towns_and_cities(40, 60)) == [None] * 40 + [False] * 60


@pytest.mark.parametrize("code", [401, 403, 404, 500, 501])
def test_what_holds_for_every_question_is_an_outage(code: int) -> None:
    with serving(refusing(code)) as server, judge(server.url, output="text", concurrency=4, retries=0) as one:
        assert one.verdicts(towns_and_cities(200, 0)) == [None] * 200
    assert len(server.requests) < 20


def test_questions_that_break_a_server_do_not_keep_the_others_from_being_asked() -> None:
    with serving(refusing(500)) as server, judge(server.url, output="text", concurrency=4, retries=0) as one:
        # Side by side in the batch they would be 8 in a row; and those that failed come last when asked again.
        assert one.verdicts(towns_and_cities(20, 200)).count(False) == 200
        one.verdicts([*towns_and_cities(20, 0), question("Rome")])
        late = [quoted(body, "answer C") for body in server.asked()[220:]]
        assert late[0] == "Rome"


@pytest.mark.parametrize("code", [408, 425])
def test_a_status_that_means_later_is_asked_again(code: int) -> None:
    left = [code]

    async def reply(body: dict[str, Any]) -> Response:
        return JSONResponse({}, status_code=left.pop()) if left else await honest(body)

    with serving(reply) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("Paris")]) == [False]


def test_not_implemented_is_final() -> None:
    with serving(refusing(501)) as server, judge(server.url, output="text") as one:
        assert one.verdicts([question("town")]) == [None]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "key", ["sk-SECRET\n", "sk-SECRET ", " sk-SECRET", "sk-SECRET\r\nX: y", "sk-S\u00c9CRET", "sk\0SECRET"]
)
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(
        ValueError, match=r"the API key has \d+ characters, and number \d+ is a space, a line end"
    ) as told:
        Endpoint(base_url="http://h/v1", model="judge", api_key=key)
    assert "SECRET" not in str(told.value)


def test_a_key_is_in_no_text_that_goes_out(caplog: pytest.LogCaptureFixture) -> None:
    async def repeats(body: dict[str, Any]) -> Response:
        # Cut after 200 characters, the key would be half a key.
        return Response(" " * 185 + f"wrong key {KEY}, {KEY}", status_code=401)

    async def repeats_in_its_answer(body: dict[str, Any]) -> Response:
        return said(f"Your key is {KEY}" + "." * 76)

    for reply in (repeats, repeats_in_its_answer):
        with serving(reply) as server, judge(server.url, output="text", api_key=KEY) as one, caplog.at_level("DEBUG"):
            assert one.verdicts([question("Paris")]) == [None]
            assert server.headers[0]["authorization"] == f"Bearer {KEY}"
            assert one.trouble
            assert "SECRET" not in one.trouble
            assert "sk-S" not in one.trouble
            told = [describe(Endpoint(base_url=server.url, model=KEY, api_key=KEY)), repr(one._endpoint)]
    assert "SECRET" not in "".join([*told, caplog.text])


@pytest.mark.parametrize(
    "tokens",
    ["1" + "0" * 400, "1" + "0" * 9000, "1e400", "true", "-5", '"7"', "null", "[1]", "2.5", str(MAX_COUNT + 1)],
)
def test_a_usage_beyond_reason_is_not_counted(tokens: str) -> None:
    choice = (
        '{"choices": [{"message": {"content": "[[NO]]"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": %s}}'
    )

    async def reply(body: dict[str, Any]) -> Response:
        return Response(choice % tokens)

    with serving(reply) as server, judge(server.url, output="text", prompt_price=1.0) as one:
        # A number of thousands of digits is no JSON that Python reads: then there is no verdict either.
        assert one.verdicts([question("Paris")]) == [None if len(tokens) > 4300 else False]
        assert (one.counters.prompt_tokens, one.counters.cost) == (0, 0.0)


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 99 Jan 2026 00:00:00 +9999999",
        "nan",
        "abc",
        "-5",
        "\ud800",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_a_pause_that_makes_no_sense_is_none(header: str) -> None:
    assert not _asked_pause(header)


def test_a_server_that_drips_is_ended_at_the_timeout() -> None:
    async def drips(body: dict[str, Any]) -> Response:
        async def parts() -> Any:
            for _ in range(200):
                yield b" "
                await asyncio.sleep(0.05)

        return StreamingResponse(parts())

    with serving(drips) as server, judge(server.url, output="text", timeout_seconds=0.5, retries=0) as one:
        started = time.monotonic()
        assert one.verdicts([question("Paris")]) == [None]
        assert time.monotonic() - started < 4
        assert one.trouble == "Timeout: no reply within judge.timeout_seconds 0.5"


def test_a_call_ends_in_time_whatever_is_still_to_be_asked() -> None:
    async def slow(body: dict[str, Any]) -> Response:
        if not quoted(body, "answer C").startswith("town"):
            await asyncio.sleep(30)
        return await honest(body)

    questions = [question("town"), *towns_and_cities(0, 64)]
    with serving(slow) as server, judge(server.url, output="text", concurrency=65, seconds=1.0) as one:
        started = time.monotonic()
        assert one.verdicts(questions) == [False] + [None] * 64
        assert time.monotonic() - started < 5
        assert one.trouble == "no verdict within the 1 s of a call"
    with serving(slow) as server, judge(server.url, output="text", concurrency=4, seconds=1.0) as one:
        assert one.verdicts(towns_and_cities(0, 64)) == [None] * 64
        assert len(server.requests) == 4, "nothing is asked once the time is over"


def test_a_choice_that_is_demanded_is_not_replaced_by_text() -> None:
    async def ignoring(body: dict[str, Any]) -> Response:
        return await honest({key: body[key] for key in ("model", "messages", "temperature", "max_tokens")})

    with serving(ignoring) as server, judge(server.url, output="choice") as one:
        assert one.verdicts([question("Paris")]) == [None]
        assert 'cannot be held to one of two replies: set judge.output to "auto" or "text"' in one.trouble
        assert server.asked() == []


def test_another_wording_remembers_nothing_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "node.sqlite"
    with serving(honest) as server:
        for hits in (0, 1):
            with judge(server.url, cache=cache) as one:
                one.verdicts([question("Paris")])
                assert one.counters.hits == hits
        monkeypatch.setattr(judge_prompt, "SYSTEM", "Always say yes.")
        with judge(server.url, cache=cache) as one:
            one.verdicts([question("Paris")])
            assert one.counters.hits == 0


def test_a_trial_asks_even_where_there_is_nothing_to_judge() -> None:
    async def fooled(body: dict[str, Any]) -> Response:
        return said("[[YES]]" if not compared(body) else "[[NO]]")

    with serving(fooled) as server, judge(server.url, output="text") as one:
        assert one.fresh_verdicts([question(":"), question("...")]) == [True, True]
        assert [quoted(body, "answer C") for body in server.asked()] == [":", "..."] or len(server.asked()) == 2
        assert one.verdicts([question(":")]) == [False], "as in training: a no without asking"


@pytest.mark.parametrize(("key", "message"), [("", "which is not set"), ("sk-SECRET\n", r"number 10 is a space")])
def test_a_key_that_cannot_be_used_is_named_and_not_shown(
    key: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qwenlong.cli.judges import reward_model
    from qwenlong.config import load_config

    monkeypatch.setenv("QWENLONG_TEST_KEY", key)
    flags = ["--rewards.parts", '["rule", "judge"]', "--judge.base_url", "http://h/v1", "--judge.model", "judge"]
    with pytest.raises(ValueError, match=rf"judge\.api_key_env is QWENLONG_TEST_KEY.*{message}") as told:
        reward_model(load_config("smoke", [*flags, "--judge.api_key_env", "QWENLONG_TEST_KEY"]))
    assert "SECRET" not in str(told.value)


@pytest.mark.parametrize("code", [401, 403, 404, 307, 501])
def test_a_judge_that_refuses_for_good_is_known_at_the_start(code: int) -> None:
    async def refuses(body: dict[str, Any]) -> Response:
        return JSONResponse({"error": f"no {KEY}"}, status_code=code)

    with serving(refuses) as server, judge(server.url, api_key=KEY, model="other") as one:
        with pytest.raises(
            ValueError, match=rf"HTTP {code}: .* judge\.model \"other\" or the key .* serves judge, not"
        ) as told:
            one.check()
        assert "SECRET" not in str(told.value)
        assert (one.counters.calls, one.counters.failures, len(server.requests)) == (1, 1, 1)


@pytest.mark.parametrize(("model", "known"), [("judge", True), ("other", False)])
def test_a_model_that_is_refused_like_a_bad_request_is_looked_up(model: str, known: bool) -> None:
    async def refuses(body: dict[str, Any]) -> Response:
        return JSONResponse({"error": "not a valid model"}, status_code=400)

    with serving(refuses) as server, judge(server.url, model=model) as one:
        if known:
            assert "does not answer now (HTTP 400" in one.check()
        else:
            with pytest.raises(ValueError, match="HTTP 400"):
                one.check()


def test_a_judge_that_is_away_or_busy_at_the_start_is_a_doubt() -> None:
    async def busy(body: dict[str, Any]) -> Response:
        return JSONResponse({}, status_code=503)

    with serving(busy) as server, judge(server.url) as one:
        assert one.check() == f"the judge at {server.url} does not answer now (HTTP 503: {{}}); it is asked when needed"
    with judge(server.url) as one:
        assert "does not answer now (ConnectError" in one.check()
    with serving(honest) as server, judge(server.url) as one:
        assert one.check() == ""


@pytest.mark.parametrize("what", ["nested", "dripping", "endless"])
def test_a_list_of_models_beyond_reason_is_none_and_in_time(what: str) -> None:
    async def models(request: Any) -> Response:
        async def parts() -> Any:
            for _ in range(2000):
                yield b" " * (1 if what == "dripping" else 4096)
                await asyncio.sleep(0.05 if what == "dripping" else 0)

        return Response("[" * 200_000) if what == "nested" else StreamingResponse(parts())

    with serving(honest, models) as server:
        started = time.monotonic()
        told = describe(Endpoint(base_url=server.url, model="judge"), seconds=0.5)
        assert time.monotonic() - started < 3
        assert ("cannot be reached now (Timeout" if what == "dripping" else "does not list its models") in told


def test_pauses_between_tries_double_at_random_and_are_never_shorter_than_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    async def busy(body: dict[str, Any]) -> Response:
        return JSONResponse({}, status_code=503, headers=header)

    monkeypatch.setattr(tenacity, "AsyncRetrying", partial(tenacity.AsyncRetrying, sleep=sleep))
    header: dict[str, str] = {}
    with serving(busy) as server:
        for attempt in range(20):
            header = {"retry-after": "7"} if attempt == 19 else {}
            how: dict[str, Any] = {"output": "text", "retries": 9, "backoff_seconds": 0.5}
            with judge(server.url, **how) as one:
                assert one.verdicts([question("Paris")]) == [None]
                assert one.counters.retries == 9
    rounds = [paused[9 * i : 9 * (i + 1)] for i in range(20)]
    limits = [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    longest = [max(some) for some in zip(*rounds[:19], strict=True)]
    for found, limit in zip(longest, limits, strict=True):
        # Each of 19 pauses is uniform below the limit: all are below a third of it once in a thousand million runs.
        assert limit / 3 < found <= limit
    assert len({some[0] for some in rounds}) == 20, "at random, so that ranks do not come back together"
    assert all(7 <= seconds <= 60 for seconds in rounds[19])
