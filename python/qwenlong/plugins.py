"""The user's own reward function and judge: objects of "file.py:name", and their errors with the user's own line."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any


def load_object(path: str, *, key: str) -> Any:
    """The object of "file.py:name".

    Raises:
        ValueError: no such file or name, or a file that cannot be imported; naming the setting.
    """
    file, _, name = path.rpartition(":")
    if not file.endswith(".py") or not name.isidentifier():
        raise ValueError(f'{key} is "{path}", which is not of the form file.py:name')
    if not Path(file).is_file():
        raise ValueError(f'{key} is "{path}", but there is no file {file}')
    module_name = f"qwenlong_user_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None, "a .py file has a spec"
    assert spec.loader is not None, "and a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look up their own module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f'{key} is "{path}", but importing {file} raised {told(error, file)}') from error
    if not callable(getattr(module, name, None)):
        raise ValueError(f'{key} is "{path}", but {file} has no callable {name}')
    return getattr(module, name)


def load_judge(path: str) -> Any:
    """The judge of "file.py:name", called without arguments.

    Raises:
        ValueError: as `load_object` does, the call raised, or what it gave has no `verdicts`.
    """
    make = load_object(path, key="rewards.judge")
    try:
        judge = make()
    except (Exception, SystemExit) as error:
        raise ValueError(f'rewards.judge is "{path}", but calling it raised {told(error)}') from error
    if not callable(getattr(judge, "verdicts", None)):
        raise ValueError(
            f'rewards.judge is "{path}", but calling it gave {type(judge).__name__}, which has no verdicts'
        )
    return judge


def told(error: BaseException, file: str = "") -> str:
    """The error with the user's own line: the deepest one in `file`, or in the file that we called into."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is ours
    file = str(Path(file).resolve()) if file else frames[0].filename if frames else ""
    own = [frame for frame in frames if frame.filename == file]
    place = f" ({file}:{own[-1].lineno}, in {own[-1].name})" if own else ""
    return f"{type(error).__name__}: {error}{place}"
