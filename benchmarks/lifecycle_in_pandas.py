"""The lifecycle as most scripts build it, with pandas, for bench_lifecycle.py.

It follows the same rules where that is one line, and leaves out what pandas makes hard (the lowest
bonds, the second choices of links), so its time is a lower bound.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from lifecycle_by_hand import BONDS, PROVENANCE

ORDER = (
    "person_key", "book_in_at", "facility_code", "release_reason", "stay_book_out_on",
    "stay_release_reason", "gender", "birth_year", "entry_status", "aggravated_felon",
    "bond_posted_on", "bond_posted_amount", "case_status", "case_category", "final_order",
    "final_order_on", "case_threat_level", "criminality", "final_charge", "departed_on",
    "departure_country", "citizenship_country", "final_program", "msc_charge_code", "msc_charge",
)  # fmt: skip


def build_in_pandas(files: dict[str, Path], through: datetime) -> dict[str, int]:
    """Return how many rows each table has."""
    import pandas as pd

    stints = pd.read_parquet(files["detention_stint"])
    arrests = pd.read_parquet(files["arrest"])
    keyed = stints[stints["person_key"].notna()]
    order = [name for name in ORDER if name in stints.columns]
    keyed = keyed.sort_values(order, na_position="first", kind="stable")
    said = [name for name in stints.columns if name not in PROVENANCE | BONDS]
    kept = keyed.drop_duplicates(said, keep="first")
    day = kept["book_in_at"].dt.date
    same_day = kept.assign(day=day).groupby(
        ["person_key", "facility_code", "day", "stay_book_in_at"], dropna=False
    )
    following = same_day["book_in_at"].shift(-1)
    overlaps = following.notna() & ~(
        (kept["book_out_at"] <= following) & (kept["book_in_at"] < following)
    )
    kept = kept[~overlaps]
    kept = kept.sort_values(["person_key", "book_in_at", "book_out_at"], kind="stable")
    kept["started"] = kept["stay_book_in_at"].fillna(kept["book_in_at"])
    kept["length"] = kept["book_out_at"].fillna(through) - kept["book_in_at"]
    stay = kept.groupby(["person_key", "started"], sort=False, dropna=False)
    last = kept[~kept.duplicated(["person_key", "started"], keep="last")].set_index(
        ["person_key", "started"]
    )
    longest = kept.sort_values("length").groupby(["person_key", "started"]).tail(1)
    stays = last.join(
        stay.agg(
            n_stints=("row_id", "size"),
            first_facility_code=("facility_code", "first"),
            facility_codes=("facility_code", lambda codes: "; ".join(codes.fillna("?"))),
        )
    ).join(longest.set_index(["person_key", "started"])["facility_code"].rename("longest_code"))
    arrests = arrests.sort_values(["person_key", "arrested_at"], kind="stable")
    gap = arrests.groupby("person_key", dropna=False)["arrested_at"].diff()
    begins = gap.isna() | (gap > pd.Timedelta(hours=24)) | arrests["person_key"].isna()
    episodes = arrests[begins]
    pairs = episodes[episodes["person_key"].notna()].merge(
        stays.reset_index()[["person_key", "stay_book_in_at", "row_id"]].rename(
            columns={"row_id": "stay_id"}
        ),
        on="person_key",
    )
    hours = (pairs["stay_book_in_at"] - pairs["arrested_at"]).dt.total_seconds() / 3600
    pairs = pairs.assign(distance=hours.abs())[hours.between(-120, 240)]
    pairs = pairs.sort_values("distance", kind="stable")
    pairs = pairs.drop_duplicates("stay_id").drop_duplicates("row_id")
    linked = episodes.merge(pairs[["row_id", "stay_id"]], on="row_id", how="left")
    return {
        "stint": len(stints),
        "stay": len(stays),
        "arrest": len(arrests),
        "link__arrest_stay": len(linked),
    }
