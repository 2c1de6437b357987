"""The facility list as one row a facility, for the checks that compare its columns."""

from __future__ import annotations

import polars as pl

from openlifecycle.oversight.release import Release


def facility_rows(release: Release) -> pl.DataFrame | None:
    """Return one row a facility of the visible list, or None where the release has none."""
    frame = release.table("facilities")
    return None if frame is None else rows_of(frame)


def rows_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row a facility: its population by each of three splits, and the rest.

    ``levels``, ``people`` and ``threats`` are the sums over classification level, sex and
    criminality, and threat level; null where the split has no number. ADP is not printed; it is
    ``people`` (workbook_layouts section 4).
    """
    adp, value = pl.col("measure") == "facility_adp", pl.col("value")

    def split(column: str) -> pl.Expr:
        return value.filter(adp & pl.col(column).is_not_null() & value.is_not_null())

    def first(expr: pl.Expr, column: str) -> pl.Expr:
        return pl.col("cell").filter(expr & pl.col(column).is_not_null()).first()

    def one(measure: str) -> pl.Expr:
        return value.filter(pl.col("measure") == measure).first()

    def total(column: str) -> pl.Expr:
        return pl.when(split(column).len() > 0).then(split(column).sum()).otherwise(None)

    return frame.group_by("sheet", "row", maintain_order=True).agg(
        label=pl.col("facility_label").first(),
        city=pl.col("facility_city").first(),
        state=pl.col("facility_state").first(),
        address=pl.col("facility_address").first(),
        zip=pl.col("facility_zip").first(),
        aor=pl.col("aor").first(),
        levels=total("classification_level"),
        people=total("sex"),
        threats=total("threat_level"),
        levels_cell=first(adp, "classification_level"),
        people_cell=first(adp, "sex"),
        threats_cell=first(adp, "threat_level"),
        mandatory=one("facility_adp_mandatory"),
        alos=one("facility_alos"),
        alos_cell=pl.col("cell").filter(pl.col("measure") == "facility_alos").first(),
        cell=pl.col("cell").first(),
        whole=(value == value.round()).filter(adp).all(),
    )
