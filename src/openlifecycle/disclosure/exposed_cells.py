"""Which printed cells are about an especially exposed group: the tables, and the family rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from openlifecycle.engine.corpus import SERIES
from openlifecycle.measures.registry import measures

if TYPE_CHECKING:
    from pathlib import Path

    from openlifecycle.engine.source import ObservationSource

#: Printed values of a dimension that stand for family units, as ICE prints them 2019 to 2026.
FAMILIES: Final = {
    "facility_type": r"(?i)^family",
    "facility_type_detailed": r"(?i)^family",
    "facility_gender": r"(?i)^family",
    "population_group": r"(?i)^family",
    "atd_status": r"(?i)famu",
    "facility_label": r"(?i)family (residential|shelter|staging)|\b(FSC|FRC)\b",
}

#: Units in which a small number means few people.
PEOPLE: Final = ("persons", "events")

_PLACE: Final = ("release_id", "sheet", "cell")
#: The other cell of a figure that is made of two.
_OTHERS: Final = ("before_", "over_")


def marked(rows: pl.DataFrame, source: ObservationSource) -> pl.DataFrame:
    """Return a row for each row of an answer.

    ``exposed``: all of its own cells are of an exposed group; ``cells``: how many it is made of;
    ``least``: the smallest number but zero in the exposed ones, null where that is no count.
    """
    parts = [_cells(rows, "")]
    parts += [_cells(rows, p) for p in _OTHERS if {f"{p}{c}" for c in _PLACE} <= {*rows.columns}]
    found = pl.concat(parts)
    # an answer names hundreds of cells, a store knows tens of thousands: a join would build its
    # table of the larger side every time
    known = _by_place(tuple(source.observation_files(SERIES)))
    places = zip(*(found[name] for name in _PLACE), strict=True)
    few = pl.Series("few", [known.get(place) for place in places], pl.Float64)
    found = found.with_columns(few)
    own = ~pl.col("other")
    hit = pl.col("few").is_not_null()
    return (
        found.group_by("row", maintain_order=True)
        .agg(
            exposed=(hit | ~own).all() & (hit & own).any(),
            cells=pl.len(),
            # a cell that counts nobody (days) says nothing of how many are behind it
            least=pl.when((hit & pl.col("few").is_nan()).any())
            .then(None)
            .otherwise(pl.col("few").filter(pl.col("few") > 0).min().fill_null(float("inf"))),
        )
        .sort("row")
    )


def _cells(rows: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return one row for each printed cell named in the rows: row, place, other."""
    return (
        rows.select(*[pl.col(f"{prefix}{c}").alias(c) for c in _PLACE])
        .with_row_index("row")
        .with_columns(pl.col("cell").str.split(","), other=pl.lit(bool(prefix)))
        .explode("cell")
        .filter(pl.col("cell").is_not_null())
    )


def exposed_cells(source: ObservationSource) -> pl.DataFrame:
    """Return every printed cell of an exposed group: release, sheet, cell, and ``few``.

    ``few`` is the printed number where it counts people or events, NaN where it counts nobody.
    """
    return _read(tuple(source.observation_files(SERIES)))


@lru_cache(maxsize=4)
def _read(files: tuple[Path, ...]) -> pl.DataFrame:
    """Return the cells; files of a store are written once, so their names say what is in them."""
    about = pl.any_horizontal(
        *[pl.col(dim).str.contains(words) for dim, words in FAMILIES.items()], _declared()
    )
    value = pl.when(pl.col("unit").is_in(PEOPLE)).then(pl.col("value")).otherwise(float("nan"))
    places = [pl.col(c) for c in _PLACE]
    if not files:
        return pl.DataFrame(schema={**dict.fromkeys(_PLACE, pl.String), "few": pl.Float64})
    found = (
        pl.scan_parquet(list(files))
        .filter(about)
        .select(*places, value.fill_null(0.0).alias("few"))
    )
    return found.group_by(_PLACE).agg(pl.col("few").min()).collect()


@lru_cache(maxsize=4)
def _by_place(files: tuple[Path, ...]) -> dict[tuple[str, str, str], float]:
    """Return the number of every cell by its place."""
    known = _read(files)
    return dict(zip(known.select(_PLACE).iter_rows(), known["few"], strict=True))


def _declared() -> pl.Expr:
    """Return the test for the printed tables of measures that are declared as exposed."""
    found = pl.lit(False)
    for one in measures().values():
        for source in one.sources if one.exposed else ():
            found = found | (
                (pl.col("table") == source.table) & pl.col("measure").is_in(source.measures)
            )
    return found


def exposed_tables() -> frozenset[str]:
    """Return the printed tables that nothing but measures of exposed groups reads."""
    known = measures().values()
    exposed = {t for one in known if one.exposed for t in one.tables}
    return frozenset(exposed - {t for one in known if not one.exposed for t in one.tables})
