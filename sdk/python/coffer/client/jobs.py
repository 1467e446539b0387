"""Jobs in the box: what is known of one, and waiting for its end with a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from coffer.v1 import coffer_pb2 as pb

_STATES = {
    pb.Job.QUEUED: "queued",
    pb.Job.RUNNING: "running",
    pb.Job.DONE: "done",
    pb.Job.FAILED: "failed",
    pb.Job.CANCELLED: "cancelled",
    pb.Job.PARKED: "parked",
}
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class JobInfo:
    """A job as the box describes it."""

    id: str
    # "queued", "running", "parked" (it waits for somebody else), "done", "failed", "cancelled" or "unknown".
    state: str
    operation: str
    items_done: int
    items: int
    # Why it failed.
    error: str
    # Of the result, once it is done.
    rows: int
    columns: int
    item_bytes: int
    # What it ran on: "card", "portable", ...
    engine: str
    attempts: int
    # Whose it is.
    client: str

    @classmethod
    def of(cls, job: pb.Job) -> JobInfo:
        return cls(
            id=job.id,
            state=_STATES.get(job.state, "unknown"),
            operation=job.operation,
            items_done=job.items_done,
            items=job.items,
            error=job.error,
            rows=job.rows,
            columns=job.columns,
            item_bytes=job.item_bytes,
            engine=job.engine,
            attempts=job.attempts,
            client=job.client,
        )


class Bar:
    """A progress bar, if one is wanted and tqdm is installed; else nothing."""

    def __init__(self, title: str, shown: bool) -> None:
        tqdm = _tqdm() if shown else None
        self._bar = tqdm(desc=title, unit="step", leave=False) if tqdm else None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int, total: int) -> None:
        """So far `done` of `total` steps."""
        if self._bar is not None:
            is_new, self._bar.total = self._bar.total != total, total
            self._bar.update(done - self._bar.n)
            if is_new:
                # It draws ten times a second at most: a short job would be shown without its length.
                self._bar.refresh()


def _tqdm() -> Callable[..., Any] | None:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    made: Callable[..., Any] = tqdm
    return made
