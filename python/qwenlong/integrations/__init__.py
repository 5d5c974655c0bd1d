"""Seats in other programs: each module makes the scorers of `qwenlong.scoring` what one framework asks for.

| module | framework | what it gives |
|---|---|---|
| `verl` | verl 0.9 | `compute_score`, and `RewardManager`, which scores in batches |
| `trl` | TRL 1.x | `AnswerReward`, a reward function |
| `ms_swift` | ms-swift 4 | `AnswerORM`, the same |
| `openrlhf` | OpenRLHF 0.11 | `reward_func` |
| `lm_eval` | lm-evaluation-harness 0.4.13 | `process_results`, the filter `qwenlong`, the task `qwenlong` |
| `lighteval` | lighteval 0.13 | `metric`, per sample or batched |
| `inspect_ai` | Inspect 0.3 | `answers`, a scorer |
| `evaluate` | HF evaluate 0.4 | `metric` |

None is imported by `qwenlong`, and none imports its framework before it is used (`lm_eval` registers its filter with
lm-eval where that is installed, for task files that name the filter). `profile` picks the scorer, "strict"
where none is named; its options are given beside it. An option that differs from row to row (`kind`, `prefix`, ...) is
a column of the data, named in `columns`. A verdict without a score is never a 0, unless the framework knows no other
way: the module's first lines say so then, and the verdict is counted.
"""
