"""Verdicts on disk: one SQLite file that every process of a node shares and that outlives a run.

SQLite is used over diskcache, which stores pickles and has had no release since 2023.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

VERSION = 1
"""Of the file's layout; another one is refused."""
OPEN_SECONDS = 10.0
"""How long opening waits for other processes."""
BUSY_SECONDS = 1.0
"""How long reading and writing wait for them: what is not read is asked, what is not written is written later."""
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
KEYS_AT_ONCE = 500
"""SQLite allows at least 999 in a statement."""
log = logging.getLogger(__name__)


class VerdictCache:
    """Verdicts by key. Only what a judge said is remembered; missing verdicts are asked for again.

    A disk that fails on the way is no reason to end a run: it is logged once and the judge is asked. What is new waits
    in memory until it is written, by a thread, so that neither a verdict nor the event loop ever waits for the file.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; None remembers nothing.

        Raises:
            ValueError: the file cannot be opened, is locked, is no such cache, or is one of another version.
        """
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._new: dict[bytes, tuple[bool, str]] = {}
        self._writer: asyncio.Task[None] | None = None
        self._told = False
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
            self._prepare(self._connection, path)
        except (sqlite3.Error, OSError) as error:
            self.close()
            away = "remove the file, name another place"
            if _busy(error):
                away = "another process holds it: wait for that one or end it, name another place"
            raise ValueError(
                f'judge.cache {path} cannot be used ({error}): {away}, or set judge.cache to "off"'
            ) from error
        except ValueError:
            self.close()
            raise

    @staticmethod
    def _prepare(connection: sqlite3.Connection, path: Path) -> None:
        connection.isolation_level = None
        _unless_busy(connection, "PRAGMA journal_mode=WAL")
        # A power cut may lose the newest verdicts, which are asked again.
        _unless_busy(connection, "PRAGMA synchronous=NORMAL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found not in (0, VERSION):
            raise ValueError(
                f"judge.cache {path} has layout {found}, this version reads {VERSION}: remove the file or name another"
            )
        _unless_busy(
            connection,
            "CREATE TABLE IF NOT EXISTS verdicts (key BLOB PRIMARY KEY, verdict INTEGER NOT NULL, judge TEXT NOT NULL)"
            " WITHOUT ROWID",
        )
        _unless_busy(connection, f"PRAGMA user_version={VERSION}")

    async def remembered(self, keys: Sequence[bytes]) -> dict[bytes, bool]:
        """The remembered verdicts among these."""
        if self._connection is None:
            return {}
        # Before the file, into which they move.
        new = {key: found[0] for key in keys if (found := self._new.get(key)) is not None}
        return await asyncio.to_thread(self._read, keys) | new

    def remember(self, key: bytes, *, verdict: bool, judge: str) -> None:
        """Remember one, soon; of two processes that ask the same, the first stays. Called in an event loop."""
        if self._connection is None:
            return
        self._new[key] = (verdict, judge)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._written())

    def close(self) -> None:
        """Write what is new and close the file."""
        if not self._write():
            log.warning("judge.cache is held by another process: %d verdicts are not remembered", len(self._new))
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    async def _written(self) -> None:
        """Write what is new, together, until nothing is left; a busy file is tried again every second."""
        with contextlib.suppress(RuntimeError):  # no thread starts at the end of the program: `close` writes then
            while self._new:
                if not await asyncio.to_thread(self._write):
                    await asyncio.sleep(1.0)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, bool]:
        found: dict[bytes, bool] = {}
        with self._lock:
            try:
                for first in range(0, len(keys), KEYS_AT_ONCE):
                    if self._connection is None:
                        break
                    some = keys[first : first + KEYS_AT_ONCE]
                    marks = ", ".join("?" * len(some))
                    rows = self._connection.execute(f"SELECT key, verdict FROM verdicts WHERE key IN ({marks})", some)  # noqa: S608 # marks alone
                    # A file can be written by others: whatever is neither 0 nor 1 is no verdict.
                    found.update((key, bool(value)) for key, value in rows if type(value) is int and value in (0, 1))
            except sqlite3.Error as error:
                self._failed(error)
        return found

    def _write(self) -> bool:
        """Whether all that was new is written, or never will be."""
        with self._lock:
            some = dict(self._new)
            if self._connection is not None and some:
                rows = [(key, int(verdict), judge) for key, (verdict, judge) in some.items()]
                try:
                    self._connection.execute("BEGIN IMMEDIATE")
                    self._connection.executemany(
                        "INSERT INTO verdicts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET verdict = excluded.verdict"
                        " WHERE typeof(verdict) <> 'integer' OR verdict NOT IN (0, 1)",
                        rows,
                    )
                    self._connection.execute("COMMIT")
                except sqlite3.Error as error:
                    self._failed(error)
                    if _busy(error):
                        return False
            for key in some:
                self._new.pop(key, None)
            return True

    def _failed(self, error: sqlite3.Error) -> None:
        """A busy file is tried again, any other is left alone from now on. Called with the lock."""
        assert self._connection is not None, "it was just used"
        if not self._told:
            how = "are written once it is free" if _busy(error) else "are no longer remembered in this session"
            log.warning("judge.cache failed (%s): verdicts %s", error, how)
            self._told = True
        if _busy(error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return
        self._connection.close()
        self._connection = None


def _busy(error: Exception) -> bool:
    """Whether other processes hold the file; the code's last byte is the kind, the rest says more."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in BUSY


def _unless_busy(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement that does not wait for a lock by itself: switching to WAL does not."""
    deadline = time.monotonic() + OPEN_SECONDS
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not _busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
