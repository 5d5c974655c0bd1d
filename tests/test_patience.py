"""Missing verdicts: a share over all ranks of a step, pauses that all ranks take, a stop that all ranks make."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes import Alone, example
from judges import free_port, honest, judge, quoted, serving, status
from qwenlong.oversight import Oversight
from qwenlong.patience import Patience, refused_for_good, shared_out
from qwenlong.records import Group, Prompt, Scored
from qwenlong.rewards import JudgeHaltError, JudgeQuestion, RewardModel
from qwenlong.session import Stopped
from test_rewards import said, score


class Returning:
    """A judge that finds its voice at the given call; before it has nothing to say about some."""

    asked: list[list[str]]

    def __init__(self, at: int, *, silent: set[str]) -> None:
        self.at, self.silent, self.asked, self.trouble = at, silent, [], "HTTP 503: busy"

    def verdicts(self, questions: Sequence[JudgeQuestion]) -> list[bool | None]:
        self.asked.append([question.prediction for question in questions])
        return [None if len(self.asked) <= self.at and q.prediction in self.silent else False for q in questions]


def watching(one: Any, *, world: Any = None, directory: Path = Path(), **how: Any) -> tuple[Any, RewardModel]:
    """A session whose judge is watched, and its rewards."""
    how = {"max_missing": 0.25, "retries": 3, "pause_seconds": 30.0} | how
    rewards = RewardModel(parts=("rule", "judge"), judge=one)
    watch = Oversight(
        rewards=rewards, canary_every_steps=0, patience=Patience(**how), max_false_positives=0.2, max_tricked=0.1,
        max_false_negatives=0.5,
    )  # fmt: skip
    heard: list[str] = []
    session = SimpleNamespace(
        oversight=watch, world=world or Alone(), heard=heard, display=SimpleNamespace(say=heard.append),
        corpus=SimpleNamespace(lookup=lambda name: (example("Berlin"), None)), directory=directory, stop=lambda: False,
    )  # fmt: skip
    return session, rewards


def step(one: Any, cities: Sequence[str], **how: Any) -> tuple[list[Scored], list[str]]:
    """A step's answers, and what was said."""
    session, rewards = watching(one, **how)
    (found,) = session.oversight.complete(session, [score(rewards, [said(city) for city in cities])], ())
    return found, session.heard


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("qwenlong.patience.sleep", found.append)
    return found


def pauses(slept: Sequence[float]) -> list[float]:
    """30, 60 and 120 seconds came in slices of one."""
    assert set(slept) <= {1.0}
    ends = [30, 90, 210]
    assert len(slept) in (0, *ends)
    return [30.0, 60.0, 120.0][: sum(len(slept) >= end for end in ends)]


CITIES = ["Paris", "Rome", "Oslo", "Bonn", "Kiel", "Bern", "Riga", "Lyon"]


def test_too_many_missing_verdicts_pause_the_step_and_only_they_are_asked_again(slept: list[float]) -> None:
    one = Returning(2, silent={"Paris", "Rome", "Oslo"})
    found, heard = step(one, CITIES)
    assert [scored.reward for scored in found] == [0.0] * 8
    assert [scored.breakdown["judge"] for scored in found] == [0.0] * 8
    assert one.asked == [CITIES, ["Paris", "Rome", "Oslo"], ["Paris", "Rome", "Oslo"]]
    assert pauses(slept) == [30.0, 60.0]
    assert heard[0] == "the judge gave no verdict on 3 of 8 answers (HTTP 503: busy); asking again in 30 s (1 of 3)"


def test_a_share_up_to_the_limit_stays_unscored_without_a_pause(slept: list[float]) -> None:
    one = Returning(9, silent={"Paris", "Rome"})
    found, heard = step(one, CITIES)
    assert [math.isnan(scored.reward) for scored in found] == [True, True] + [False] * 6
    assert (slept, heard, len(one.asked)) == ([], [], 1)


def test_answers_that_need_no_asking_do_not_thin_out_what_is_missing(slept: list[float], tmp_path: Path) -> None:
    with judge(f"http://127.0.0.1:{free_port()}/v1", output="text", retries=0) as one:
        with pytest.raises(JudgeHaltError, match="on 1 of 1 answers"):
            step(one, [*":.,;!?-*", "...", "Paris"], max_missing=0.25, retries=0, directory=tmp_path)
        found, _ = step(one, [":", "..."], max_missing=0.25, retries=0, directory=tmp_path)
    assert [scored.reward for scored in found] == [0.0, 0.0]


@pytest.mark.parametrize("max_missing", [0.0, 0.1, 0.49])
def test_a_small_step_has_the_same_limit(max_missing: float, slept: list[float]) -> None:
    with pytest.raises(JudgeHaltError, match=r"on 1 of 2 answers .* above rewards\.max_missing .* after 3 pauses"):
        step(Returning(9, silent={"Paris"}), ["Paris", "Rome"], max_missing=max_missing)
    assert pauses(slept) == [30.0, 60.0, 120.0]
    assert math.isnan(step(Returning(9, silent={"Paris"}), ["Paris", "Rome"], max_missing=0.5)[0][0].reward)


def test_after_the_last_pause_the_step_stops(slept: list[float]) -> None:
    one = Returning(9, silent=set(CITIES))
    with pytest.raises(JudgeHaltError, match=r"on 8 of 8 answers \(HTTP 503: busy\), above rewards\.max_missing 0\.25"):
        step(one, CITIES)
    assert pauses(slept) == [30.0, 60.0, 120.0]
    assert len(one.asked) == 4


@pytest.mark.parametrize(
    ("said", "pauses"), [([True], 0), ([True, None], 0), ([True, False], 3), ([None, None], 3), ([False], 3)]
)
def test_a_refusal_for_good_takes_no_pause_where_all_ranks_that_asked_met_it(
    said: list[bool | None], pauses: int, slept: list[float]
) -> None:
    session, rewards = watching(Returning(9, silent=set(CITIES)))
    rewards.judge.refused = "mine"  # type: ignore[union-attr]
    session.world = SimpleNamespace(gather=lambda value: said if value == "mine" else [value])
    with pytest.raises(JudgeHaltError, match=f"after {pauses} pauses"):
        Patience(max_missing=0.25, retries=3, pause_seconds=30.0).settle(
            session, [None], again=lambda places: [None], refused=lambda: refused_for_good(session, rewards)
        )
    assert sum(slept) == (210.0 if pauses else 0.0)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_status_that_is_final_stops_the_step_at_once(code: int, slept: list[float], tmp_path: Path) -> None:
    async def refuses(body: dict[str, Any]) -> Any:
        return status(code)()

    halt = pytest.raises(JudgeHaltError, match=rf"on 8 of 8 answers \(HTTP {code}.*after 0 pauses")
    with serving(refuses) as server, judge(server.url, output="text") as one, halt:
        step(one, CITIES, directory=tmp_path)
    assert slept == []


def test_with_every_share_allowed_nothing_is_asked_twice() -> None:
    one = Returning(9, silent=set(CITIES))
    found, _ = step(one, CITIES, max_missing=1.0)
    assert all(math.isnan(scored.reward) for scored in found)
    assert len(one.asked) == 1


def test_what_a_step_asked_before_counts_in_its_share(slept: list[float]) -> None:
    one = Returning(9, silent={"Paris"})
    session, rewards = watching(one)
    earlier = Group(
        example_id="e", retrospective=False, scored=tuple(score(rewards, [said(city) for city in CITIES[1:]])),
        prompt=Prompt(example_id="e", token_ids=None), advantages=None, has_signal=True,  # type: ignore[arg-type]
    )  # fmt: skip
    (found,) = session.oversight.complete(session, [score(rewards, [said("Paris")])], [earlier])
    assert math.isnan(found[0].reward)
    assert slept == []
    with pytest.raises(JudgeHaltError, match="on 1 of 1 answers"):
        session.oversight.complete(session, [score(rewards, [said("Paris")])], ())


class Ranks:
    """Ranks in threads, which wait for one another as processes do."""

    def __init__(self, size: int) -> None:
        self.size, self.values = size, [None] * size
        self.barrier = threading.Barrier(size)

    def rank(self, rank: int) -> Any:
        def gather(value: Any) -> list[Any]:
            self.values[rank] = value
            self.barrier.wait(20)
            found = list(self.values)
            self.barrier.wait(20)
            return found

        return SimpleNamespace(rank=rank, size=self.size, gather=gather, agree=lambda work: gather(work()))

    def run(self, work: Callable[[Any], Any]) -> list[Any]:
        found: list[Any] = [None] * self.size

        def one(rank: int) -> None:
            try:
                found[rank] = work(self.rank(rank))
            except Exception as error:  # noqa: BLE001 # told to the test
                found[rank] = error

        threads = [threading.Thread(target=one, args=(rank,)) for rank in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        return found


def uneven_step(ranks: Ranks, judges: Sequence[Any], **how: Any) -> list[Any]:
    """Rank 0 has six answers, rank 1 two, rank 2 none; as in a run all ranks then hold all of them."""
    parts = [CITIES[:6], CITIES[6:], []]

    def work(world: Any) -> Any:
        session, rewards = watching(judges[world.rank], world=world, pause_seconds=0.0, **how)
        mine = score(rewards, [said(city) for city in parts[world.rank]])
        return session.oversight.complete(session, [part for part in world.gather(mine) if part], ())

    return ranks.run(work)


def test_ranks_of_uneven_shares_decide_as_one() -> None:
    # Both answers of rank 1 are a quarter of the step: all its own, and no more than the step may miss.
    judges = [Returning(0, silent=set()), Returning(9, silent={"Riga", "Lyon"}), Returning(0, silent=set())]
    for found in uneven_step(Ranks(3), judges):
        rewards = [one.reward for group in found for one in group]
        assert [math.isnan(reward) for reward in rewards] == [False] * 6 + [True] * 2
    assert [len(one.asked) for one in judges] == [1, 1, 0]


def test_a_wish_to_end_that_one_rank_hears_ends_the_pause_of_all() -> None:
    def work(world: Any) -> Any:
        session, rewards = watching(Returning(9, silent=set(CITIES)), world=world, pause_seconds=3600.0)
        session.stop = lambda: world.rank == 2
        mine = score(rewards, [said(city) for city in CITIES[:2]])
        return session.oversight.complete(session, world.gather(mine), ())

    started = time.monotonic()
    for found in Ranks(3).run(work):
        assert isinstance(found, Stopped)
    assert time.monotonic() - started < 10


def test_what_is_missing_of_one_rank_is_asked_by_all_of_them() -> None:
    judges = [Returning(1, silent=set(CITIES[:3])), Returning(0, silent=set()), Returning(0, silent=set())]
    for found in uneven_step(Ranks(3), judges):
        assert [one.reward for group in found for one in group] == [0.0] * 8
    assert [one.asked[-1] for one in judges] == [["Paris"], ["Rome"], ["Oslo"]]


def test_all_ranks_stop_where_one_of_them_has_no_judge() -> None:
    judges = [Returning(9, silent=set(CITIES)) for _ in range(3)]
    for found in uneven_step(Ranks(3), judges, max_missing=0.5):
        assert isinstance(found, JudgeHaltError)
        assert str(found).startswith("the judge gave no verdict on 8 of 8 answers (HTTP 503: busy), above")


def test_questions_are_shared_out_in_order() -> None:
    asking = [JudgeQuestion(question="?", prediction=city, answers=("Oslo",)) for city in CITIES]

    def work(world: Any) -> list[float | None]:
        with judge(server.url, output="text") as one:
            session, rewards = watching(one, world=world)
            return shared_out(session, rewards, asking)

    with serving(honest) as server:
        expected = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        assert Ranks(3).run(work) == [expected] * 3
        assert sorted(quoted(body, "answer C") for body in server.asked()) == sorted(CITIES)


def test_a_rank_waits_no_longer_than_one_call_of_another(tmp_path: Path) -> None:
    """However often is asked again: between two calls the ranks meet."""
    longest: list[float] = []

    class Meeting(Ranks):
        def rank(self, rank: int) -> Any:
            world = super().rank(rank)
            gather = world.gather

            def timed(value: Any) -> list[Any]:
                started = time.monotonic()
                found: list[Any] = gather(value)
                longest.append(time.monotonic() - started)
                return found

            world.gather, world.agree = timed, lambda work: timed(work())
            return world

    async def never(body: dict[str, Any]) -> Any:
        import asyncio

        await asyncio.sleep(60)

    with serving(never) as server:

        def work(world: Any) -> Any:
            one = (
                judge(server.url, output="text", seconds=0.4, concurrency=2)
                if world.rank
                else Returning(0, silent=set())
            )
            session, rewards = watching(one, world=world, retries=2, pause_seconds=0.3, directory=tmp_path)
            try:
                mine = score(rewards, [said(city) for city in CITIES]) if world.rank else []
                return session.oversight.complete(session, [part for part in world.gather(mine) if part], ())
            finally:
                session.oversight.close(session)

        for found in Meeting(2).run(work):
            # Half of what is asked again goes to the rank whose judge answers.
            assert isinstance(found, JudgeHaltError) or found
    assert max(longest) < 1.5
