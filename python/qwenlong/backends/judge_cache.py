"""Verdicts on disk: one SQLite file that every process of a node shares and that outlives a run.

SQLite is used over diskcache, which stores pickles and has had no release since 2023.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from pathlib import Path

VERSION = 1
"""Of the file's layout; another one is refused."""
BUSY_SECONDS = 30.0
"""How long a writer waits for the others."""
log = logging.getLogger(__name__)


class VerdictCache:
    """Verdicts by key. Only what a judge said is remembered; missing verdicts are asked for again.

    A disk that fails on the way is no reason to end a run: it is logged once and the judge is asked.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; None remembers nothing.

        Raises:
            ValueError: the file cannot be opened, is no such cache, or is one of another version.
        """
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
            self._prepare(self._connection, path)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise ValueError(
                f"judge.cache {path} cannot be used ({error}): remove the file, name another place, or set judge.cache "
                'to "off"'
            ) from error
        except ValueError:
            self.close()
            raise

    @staticmethod
    def _prepare(connection: sqlite3.Connection, path: Path) -> None:
        connection.isolation_level = None
        _unless_locked(connection, "PRAGMA journal_mode=WAL")
        connection.execute(
            "PRAGMA synchronous=NORMAL"
        )  # a power cut may lose the newest verdicts, which are asked again
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found not in (0, VERSION):
            raise ValueError(
                f"judge.cache {path} has layout {found}, this version reads {VERSION}: remove the file or name another"
            )
        _unless_locked(
            connection,
            "CREATE TABLE IF NOT EXISTS verdicts (key BLOB PRIMARY KEY, verdict INTEGER NOT NULL, judge TEXT NOT NULL)"
            " WITHOUT ROWID",
        )
        _unless_locked(connection, f"PRAGMA user_version={VERSION}")

    def get(self, key: bytes) -> bool | None:
        """The remembered verdict."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                row = self._connection.execute("SELECT verdict FROM verdicts WHERE key = ?", (key,)).fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
                return None
            return None if row is None else bool(row[0])

    def put(self, key: bytes, *, verdict: bool, judge: str) -> None:
        """Remember one; of two processes that ask the same, the first stays."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.execute("INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?)", (key, int(verdict), judge))
            except sqlite3.Error as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _give_up(self, error: sqlite3.Error) -> None:
        log.warning("judge.cache failed (%s): verdicts are no longer remembered in this session", error)
        assert self._connection is not None, "it was just used"
        self._connection.close()
        self._connection = None


def _unless_locked(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement that does not wait for a lock by itself: switching to WAL does not."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
