r"""lm-evaluation-harness 0.4.13: the task `qwenlong` for rows as in docs/data.md, and its parts for tasks of your own.

    lm_eval --model hf --model_args pretrained=MODEL --apply_chat_template --tasks qwenlong \
        --include_path $(python -c "from qwenlong.integrations.lm_eval import TASKS; print(TASKS)") \
        --metadata '{"rows": "test.jsonl", "profile": "strict"}'

In a task of your own: `process_results: !function qwenlong.integrations.lm_eval.process_results`. A metric listed by
name would turn a list of golds into 1 where any of them scores above 0; this function sees the golds themselves. The
filter `qwenlong` (with `profile` and its options beside `function`) leaves the final answers.

A verdict without a score adds to no metric but `unscored`, whose mean is their share; lm-eval warns that counts differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qwenlong import scoring
from qwenlong.integrations.rows import pick_options, unwrap_gold

TASKS = Path(__file__).parent / "lm_eval_tasks"  # for `--include_path`


def load_rows(rows: str, *, profile: str = "strict", **unused: Any) -> Any:
    """Read a JSONL file of rows as the split `test`; `profile` is that of the rows that name none."""
    import datasets

    loaded = datasets.load_dataset("json", data_files=str(rows), split="train")
    return {"test": loaded.map(lambda row: {"profile": row.get("profile") or profile})}


def process_results(
    doc: Mapping[str, Any], results: Sequence[str], *, gold: str = "answers", columns: Any = (), **options: Any
) -> dict[str, float]:
    """Score one response by a row; `functools.partial` sets profile, fields and options other than the task's."""
    options = {"profile": doc.get("profile") or "strict", **options}
    columns = [*columns, "kind"] if options["profile"] == "strict" else columns
    verdict = scoring.score(results[0], unwrap_gold(doc[gold]), **options, **pick_options(doc, columns))
    return {**(verdict.metrics if verdict.score is not None else {}), "unscored": float(verdict.score is None)}


if find_spec("lm_eval") is not None:  # the registry is lm-eval's, and so is the class
    from lm_eval.api.filter import Filter
    from lm_eval.api.registry import register_filter

    @register_filter("qwenlong")
    class AnswerFilter(Filter):
        """Replaces each response by its final answer, or by `fallback` where there is none."""

        def __init__(self, *, fallback: str = "[invalid]", **options: Any) -> None:
            """Name the profile and its options."""
            self.fallback, self.options = fallback, options

        def apply(self, resps: Any, docs: Any) -> list[list[str]]:
            """Extract the answers of all responses of a task."""
            return [[scoring.extract(text, **self.options) or self.fallback for text in texts] for texts in resps]
