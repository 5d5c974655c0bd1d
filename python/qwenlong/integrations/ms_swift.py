"""ms-swift 4: an outcome reward model, from a plugin file of three lines (`--external_plugins plugin.py`).

    from swift.rewards import orms
    from qwenlong.integrations.ms_swift import AnswerORM
    orms["qwenlong"] = AnswerORM

`--reward_funcs qwenlong` takes it, with the column `answers` as gold; a subclass sets another profile or column. A
verdict without a score is `None`: ms-swift then counts the other reward functions alone and, where there is none, warns
and takes 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from qwenlong.integrations.trl import AnswerReward


class AnswerORM(AnswerReward):
    """`AnswerReward`, made the way ms-swift makes its rewards: of the training arguments alone."""

    settings: ClassVar[Mapping[str, Any]] = {}
    """What `AnswerReward` is made with."""

    def __init__(self, args: Any = None, **unused: Any) -> None:
        """Take the settings; the training arguments do not matter."""
        super().__init__(**self.settings)
