"""Hammers profiles with random cases for a while and prints where qwenlong differs from the oracle.

python tests/differential.py --profile drop --seconds 60 --seed 1
python tests/differential.py --seconds 600        # every profile, 600 seconds each
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from official import ORACLES
from official.drawing import Case, case
from official.native import difference, shrunk

SHOWN = 5


def hammer(profile: str, *, calls: list[str], seconds: float, seed: int) -> int:
    """Cases that differ; the first few are printed, made small."""
    r = Random(f"{seed} {profile}")
    compared, differing, shown = 0, 0, set[str]()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        drawn = case(r, profile=profile, call=r.choice(calls))
        compared += 1
        found = complaint(drawn)
        if found is None:
            continue
        differing += 1
        if len(shown) < SHOWN and found not in shown:
            shown.add(found)
            sys.stdout.write(f"{found}\n")
    sys.stdout.write(f"{profile}: {compared} cases, {differing} differ\n")
    sys.stdout.flush()
    return differing


def complaint(drawn: Case) -> str | None:
    """About the smallest case near this one that still differs. A panic is no `Exception`, and has to be seen too."""
    try:
        return difference(drawn) and difference(shrunk(drawn))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001
        return f"{drawn}\n  raises {error!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(ORACLES), action="append", help="repeatable; default: all")
    parser.add_argument("--call", choices=["match", "score"], help="default: both")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each profile")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    calls = [given.call] if given.call else ["match", "score"]
    profiles = given.profile or list(ORACLES)
    differing = [hammer(one, calls=calls, seconds=given.seconds, seed=given.seed) for one in profiles]
    return int(any(differing))


if __name__ == "__main__":
    sys.exit(main())
