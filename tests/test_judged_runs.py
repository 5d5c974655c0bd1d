"""Whole runs with a judge behind HTTP: it comes and goes, lies, and is asked by two ranks."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from judges import down, elsewhere, free_port, honest, serving
from runs import assert_same_run, metrics, run, run_until, steps

QUICK = (
    "--run.stages",
    '["rl"]',
    "--phases.0.steps",
    "3",
    "--phases.1.steps",
    "2",
    "--run.checkpoint_every_steps",
    "1",
)
JUDGED = (
    "--rewards.parts", '["rule", "judge"]', "--judge.model", "judge", "--judge.retries", "0",
    "--rewards.missing_pause_seconds", "0.1",
)  # fmt: skip
MIXED = (*JUDGED, "--judge.canary_every_steps", "0", "--rewards.max_missing", "1", "--rewards.missing_retries", "0")


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has begun to give answers."""
    directory = tmp_path_factory.mktemp("warm") / "run"
    run("smoke", directory, "--run.stages", '["sft"]', "--sft.max_steps", "20")
    return directory / "model"


@pytest.fixture(scope="module")
def mixed(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A run with a judge that says yes, no and nothing; its directory and its flags."""
    with elsewhere("mixed") as url:
        flags = (*QUICK, *MIXED, "--model.path", str(warm), "--judge.base_url", url)
        directory = tmp_path_factory.mktemp("runs") / "whole"
        run("smoke", directory, *flags)
        yield directory, flags


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_the_judge_did_is_in_metrics_rollouts_and_files(mixed: tuple[Path, tuple[str, ...]]) -> None:
    directory, _ = mixed
    rollouts = [(group, one) for group in read(directory / "rollouts.jsonl") for one in group["rollouts"]]
    for _, one in rollouts:
        rule, judge = one["breakdown"]["rule"], one["breakdown"]["judge"]
        if rule == 1.0:
            assert (one["reward"], judge) == (1.0, None), "not asked where it could change nothing"
        else:
            assert one["reward"] == judge, "what it says, or unscored"
        assert one["answer"] is not None or judge == 0.0
    lines = metrics(directory)
    asked = [one for _, one in rollouts if one["answer"] and one["breakdown"]["rule"] != 1.0]
    assert sum(line["judge_questions"] for line in lines) == len(asked) > 10
    missing = sum(one["reward"] is None for one in asked)
    assert sum(line["judge_missing"] for line in lines) == sum(line["unscored"] for line in lines) == missing > 0
    disagreements = read(directory / "judge_disagreements.jsonl")
    accepted = [(group, one) for group, one in rollouts if one["breakdown"]["judge"] == 1.0]
    assert sum(line["judge_disagreements"] for line in lines) == len(disagreements) == len(accepted) > 0
    first, (group, one) = disagreements[0], accepted[0]
    assert (first["example_id"], first["step"], first["phase"]) == (group["example_id"], group["step"], group["phase"])
    assert (first["prediction"], first["reason"]) == (one["answer"], one["reason"])
    assert (first["rule"], first["judge"]) == (0.0, 1.0)
    assert first["question"]
    assert first["answers"]
    counters = json.loads((directory / "judge_counters.json").read_text("utf-8"))
    assert counters["questions"] == len(asked)
    assert counters["missing"] == missing
    assert counters["calls"] + counters["hits"] + counters["shared"] >= len(asked)
    assert list((directory / "judge_cache").glob("*.sqlite"))


def test_a_killed_run_resumes_bit_for_bit_and_no_disagreement_stands_twice(
    mixed: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    directory, flags = mixed
    killed = tmp_path / "killed"
    run_until("smoke", killed, lambda: steps(killed, "rl") >= 2, *flags, how=signal.SIGKILL)
    with (killed / "judge_disagreements.jsonl").open("a") as file:
        file.write('{"written": "after the checkpoint"}\n')
    run("smoke", killed, *flags, "--resume")
    assert_same_run(directory, killed)
    assert (killed / "judge_disagreements.jsonl").read_bytes() == (directory / "judge_disagreements.jsonl").read_bytes()


def test_two_ranks_are_judged_as_one(mixed: tuple[Path, tuple[str, ...]], tmp_path: Path) -> None:
    directory, flags = mixed
    two = tmp_path / "two"
    run("smoke", two, *flags, ranks=2)
    one, other = metrics(directory)[0], metrics(two)[0]  # later on rounding may tip over a sampled token
    for name in ("judge_questions", "judge_missing", "judge_disagreements", "judge_yes_share", "unscored", "reward"):
        assert one[name] == pytest.approx(other[name]), name
    counters = json.loads((two / "judge_counters.json").read_text("utf-8"))
    assert counters["questions"] == sum(line["judge_questions"] for line in metrics(two)), "of both ranks"


def test_a_judge_that_is_down_stops_the_run_which_then_goes_on_as_if_nothing_had_been(
    warm: Path, tmp_path: Path
) -> None:
    port, stopped, whole = free_port(), tmp_path / "stopped", tmp_path / "whole"
    flags = (
        *QUICK, *JUDGED, "--model.path", str(warm), "--judge.base_url", f"http://127.0.0.1:{port}/v1",
        "--judge.canary_every_steps", "3", "--judge.max_false_negatives", "1", "--judge.cache", "off",
    )  # fmt: skip
    with elsewhere("honest", port=port):
        run("smoke", whole, *flags)
        until = lambda: steps(stopped, "rl") >= 1  # noqa: E731
        assert run_until("smoke", stopped, until, *flags, how=signal.SIGTERM) == 0
    done = run("smoke", stopped, *flags, "--resume", code=1)
    assert re.search(r"the judge gave no verdict on \d+ of \d+ answers \(ConnectError", done.stderr)
    assert "asking again in 0.1 s (1 of 3)" in done.stderr
    assert "asking again in 0.4 s (3 of 3)" in done.stderr
    assert "above rewards.max_missing 0.1 after 3 pauses" in done.stderr
    assert re.search(r"The run is saved after RL step \d: go on with --resume", done.stderr)
    assert "Traceback" not in done.stderr
    with elsewhere("honest", port=port):
        run("smoke", stopped, *flags, "--resume")
    assert_same_run(whole, stopped)
    rates = [(line["judge_false_positive_rate"], line["judge_canaries_missing"]) for line in metrics(whole)]
    assert rates == [(0.0, 0.0), (None, None), (None, None), (0.0, 0.0), (None, None)]


def test_a_judge_that_is_down_from_the_start_on_two_ranks_ends_both_with_a_checkpoint(
    warm: Path, tmp_path: Path
) -> None:
    flags = (
        *QUICK, *JUDGED, "--model.path", str(warm), "--judge.base_url", f"http://127.0.0.1:{free_port()}/v1",
        "--rewards.missing_retries", "1", "--judge.canary_every_steps", "0",
    )  # fmt: skip
    done = run("smoke", tmp_path / "run", *flags, ranks=2, code=1)
    for rank in (0, 1):
        assert re.search(
            rf"qwenlong-train: rank {rank}: the judge gave no verdict .*saved after RL step 0", done.stderr
        )
    assert (tmp_path / "run" / "checkpoints" / "00000000" / "manifest.json").is_file()


def test_a_judge_that_is_fooled_stops_the_run(warm: Path, tmp_path: Path) -> None:
    with elsewhere("fooled") as url:
        flags = (*QUICK, *JUDGED, "--model.path", str(warm), "--judge.base_url", url)
        done = run("smoke", tmp_path / "run", *flags, code=1)
        assert "the judge accepts wrong answers, for example ':'" in done.stderr
        assert "above judge.max_false_positives 0.2" in done.stderr
        # A limit may be changed for a resumed run.
        run(
            "smoke",
            tmp_path / "run",
            *flags,
            "--judge.max_false_positives",
            "1",
            "--judge.max_tricked",
            "1",
            "--resume",
        )
    first = metrics(tmp_path / "run")[0]
    assert first["judge_false_positive_rate"] == first["judge_trick_rate"] == 1.0
    assert first["judge_false_negative_rate"] == 0.0
    assert first["judge_yes_share"] == 1.0


def test_a_weak_judge_can_be_replaced_and_one_that_does_not_exist_is_refused_at_once(
    warm: Path, tmp_path: Path
) -> None:
    with elsewhere("choosy") as url:
        flags = (
            *QUICK, *JUDGED[:2], "--model.path", str(warm), "--judge.base_url", url, "--judge.max_false_negatives", "1",
            "--judge.model",
        )  # fmt: skip
        assert "take a stronger judge" in run("smoke", tmp_path / "run", *flags, "weak", code=1).stderr
        done = run("smoke", tmp_path / "run", *flags, "strnog", "--resume", code=2)
        assert "the judge refuses to answer (HTTP 404: " in done.stderr
        assert f'correct judge.base_url "{url}", judge.model "strnog" or the key' in done.stderr
        done = run("smoke", tmp_path / "run", *flags, "strong", "--judge.output", "text", "--resume")
    assert "going on with another judge: judge.model: 'weak' then, 'strong' now" in done.stderr
    assert "going on with another judge: judge.output: 'auto' then, 'text' now" in done.stderr
    assert metrics(tmp_path / "run")[0]["judge_false_positive_rate"] == 0.0


def test_a_run_that_waits_for_its_judge_saves_and_ends_when_asked_to(warm: Path, tmp_path: Path) -> None:
    with serving(down) as server:
        flags = (
            *QUICK, *JUDGED, "--model.path", str(warm), "--judge.base_url", server.url, "--judge.concurrency", "1",
            "--rewards.missing_pause_seconds", "3600",
        )  # fmt: skip
        # One request at the start, eight of the trial, then the pause.
        until = lambda: len(server.requests) >= 9  # noqa: E731
        assert run_until("smoke", tmp_path / "run", until, *flags, how=signal.SIGTERM) == 0
    assert (tmp_path / "run" / "checkpoints" / "00000000" / "manifest.json").is_file()


def test_a_judge_that_never_answers_ends_both_ranks_before_their_collectives_do(warm: Path, tmp_path: Path) -> None:
    with elsewhere("silent") as url:
        flags = (
            *QUICK, *JUDGED, "--model.path", str(warm), "--judge.base_url", url, "--run.timeout_seconds", "24",
            "--judge.timeout_seconds", "10", "--judge.deadline_seconds", "10", "--judge.concurrency", "2",
            "--rewards.missing_retries", "1",
        )  # fmt: skip
        done = run("smoke", tmp_path / "run", *flags, ranks=2, code=1)
    for rank in (0, 1):
        assert re.search(rf"rank {rank}: the judge gave no verdict on \d+ .* saved after RL step 0", done.stderr)
    assert (tmp_path / "run" / "checkpoints" / "00000000" / "manifest.json").is_file()


def test_every_call_is_counted_of_evaluations_and_of_a_step_that_stops(warm: Path, tmp_path: Path) -> None:
    async def dies(body: dict[str, Any]) -> Response:
        return await (honest(body) if len(server.requests) < 80 else down(body))

    flags = (*QUICK, *JUDGED, "--model.path", str(warm), "--judge.max_false_negatives", "1")
    for name, reply, more, code in (
        ("evaluated", honest, ("--run.stages", '["evaluate"]'), 0),
        ("stopped", dies, ("--judge.concurrency", "4"), 1),
    ):
        with serving(reply) as server:
            run("smoke", tmp_path / name, *flags, *more, "--judge.base_url", server.url, code=code)
            counters = json.loads((tmp_path / name / "judge_counters.json").read_text("utf-8"))
        assert counters["calls"] == len(server.requests) > 20


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        ((), 0, "serves judge\n"),
        (("--judge.model", "other"), 0, "serves judge, not judge.model other"),
        (("--judge.api_key_env", "QWENLONG_NO_SUCH_KEY"), 2, "QWENLONG_NO_SUCH_KEY, which is not set"),
    ],
)
def test_a_dry_run_looks_at_the_endpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], code: int, message: str
) -> None:
    from qwenlong.cli import main

    with serving(honest) as server:
        where = ["smoke", "--run.directory", str(tmp_path / "run"), "--dry-run", "--judge.base_url", server.url]
        assert main([*where, *JUDGED, *flags]) == code
    printed = capsys.readouterr()
    assert message in printed.out + printed.err
    assert not (tmp_path / "run").exists()
