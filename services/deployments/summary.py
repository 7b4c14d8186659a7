"""Deployments in short."""

from collections.abc import Iterable

from sutra_client.events import Key
from sutra_client.gen.deployments import Deployment, Engine, Status, Unlocked

Rows = dict[Key, Deployment]


def status(engine: Engine, all_rows: Iterable[Deployment], unseen: list[str], busy: str | None = None) -> Status:
    """The summary of rows in their order."""
    rows = list(all_rows)
    booted, staged = _id(rows, "booted"), _id(rows, "staged")
    first = next((row for row in rows if row.booted), rows[0] if rows else None)
    following = staged or _id(rows, "pending") or booted or next((row.id for row in rows if row.usable), None)
    return Status(
        engine=engine,
        count=len(rows),
        booted=booted,
        next=following,
        rollback=_id(rows, "rollback"),
        staged=staged,
        stateroot=first.stateroot if first else None,
        busy=busy,
        unseen=unseen,
    )


def _id(rows: list[Deployment], flag: str) -> str | None:
    return next((row.id for row in rows if getattr(row, flag)), None)


def by_id(rows: Iterable[Deployment]) -> Rows:
    """As a table stream has them."""
    return {(row.id,): row for row in rows}


def in_words(row: Deployment) -> str | None:
    """The `state` of a row from its flags."""
    found = [word for word in ("booted", "staged", "pending", "rollback", "pinned") if getattr(row, word)]
    if row.staged and row.pending:
        found.remove("pending")
    if row.unlocked not in (None, Unlocked.NONE):
        found.append(f"unlocked ({row.unlocked})")
    return ", ".join(found) or None
