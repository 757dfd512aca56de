"""Writes rows whose key may be there already, and the counters that other processes watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Table, cast, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from store.database.schema import TEXT, meta

ALL = select(meta.c.key, meta.c.value)


def dialect_insert(db: Connection, table: Table) -> Any:
    """This database's INSERT, which knows ``ON CONFLICT``."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def read_counters(db: Connection) -> dict[str, str]:
    """Every setting and counter: there are few, and one statement that is always the same is the
    quickest. Within a snapshot they are read once."""
    remembered: dict[str, str] | None = db.get_execution_options().get("remembered")
    if remembered:
        return remembered
    values = {row.key: row.value for row in db.execute(ALL)}
    if remembered is not None:
        remembered.update(values)
    return values


def set_counter(db: Connection, values: Mapping[str, str]) -> None:
    """Writes settings of the library over those of the same name."""
    rows: Sequence[dict[str, str]] = [{"key": k, "value": v} for k, v in values.items()]
    into = dialect_insert(db, meta)
    db.execute(
        into.on_conflict_do_update(index_elements=["key"], set_={"value": into.excluded.value}),
        rows,
    )


def add_to(db: Connection, counter: str, number: int) -> None:
    """Adds to a counter."""
    grown = cast(cast(meta.c.value, BigInteger) + number, TEXT)
    into = dialect_insert(db, meta).values(key=counter, value=str(number))
    db.execute(into.on_conflict_do_update(index_elements=["key"], set_={"value": grown}))
