"""Run the console script for each list of arguments (JSON on stdin), in one process, since starting costs seconds.

Prints, as JSON, exit code and stderr of each.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback

from qwenlong.cli import main


def outcome(arguments: list[str]) -> tuple[int | None, str]:
    """Exit code, or None where an exception came out, and stderr."""
    with contextlib.redirect_stderr(io.StringIO()) as text, contextlib.redirect_stdout(io.StringIO()):
        try:
            code = main(arguments)
        except BaseException:  # noqa: BLE001  # whatever comes out would be a traceback for the user
            return None, traceback.format_exc()
    return code, text.getvalue()


if __name__ == "__main__":
    json.dump([outcome(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
