"""Column names of the published tables, and our column for each."""

from __future__ import annotations

DDP_STINTS = {
    "file_original": "member",
    "sheet_original": "sheet",
    "row_original": "row",
    "unique_identifier": "person_key",
    "stay_ID": "stay_key",
    "stint_ID": "stint_key",
    "detention_facility_code": "facility_code",
    "book_in_date_time": "book_in_at",
    "book_out_date_time": "book_out_at",
    "stay_book_in_date_time": "stay_book_in_at",
    "stay_book_out_date_time": "stay_book_out_at",
    "initial_bond_set_amount_lowest_seen": "initial_bond_lowest",
    "initial_bond_set_date_earliest_seen": "initial_bond_earliest_on",
    "bond_posted_amount_lowest_seen": "bond_posted_lowest",
    "bond_posted_date_earliest_seen": "bond_posted_earliest_on",
    "duplicate_likely_bond": "is_duplicate_exact",
    "duplicate_likely_sameday": "is_duplicate_same_day",
    "duplicate_likely": "is_duplicate",
    "duplicate_drop_row": "is_left_out",
}
#: Columns of a stay that are named alike in both are not listed.
DDP_STAYS = {
    "stay_ID": "stay_key",
    "detention_facility_codes_all": "facility_codes",
    "unique_identifier": "person_key",
    "stay_book_in_date_time": "book_in_at",
    "stay_book_out_date_time": "book_out_at",
    "stay_book_out_date": "stay_book_out_on",
    "initial_bond_set_amount_lowest_seen": "initial_bond_lowest",
    "initial_bond_set_date_earliest_seen": "initial_bond_earliest_on",
    "bond_posted_amount_lowest_seen": "bond_posted_lowest",
    "bond_posted_date_earliest_seen": "bond_posted_earliest_on",
    "felon": "aggravated_felon",
    "most_serious_conviction_code": "msc_charge_code",
    "final_order_yes_no": "final_order",
    "final_order_date": "final_order_on",
    "departed_date": "departed_on",
    "book_in_criminality": "criminality",
    "entry_date": "entry_on",
} | {
    f"{theirs}_{which}": f"{which}_{ours}"
    for which in ("first", "longest", "last")
    for theirs, ours in {
        "detention_facility": "facility_label",
        "detention_facility_code": "facility_code",
        "book_in_date_time": "book_in_at",
        "book_out_date_time": "book_out_at",
    }.items()
}
DDP_ARRESTS = {
    "file_original": "member",
    "sheet_original": "sheet",
    "row_original": "row",
    "unique_identifier": "person_key",
    "apprehension_date_time": "arrested_at",
    "apprehension_method": "arrest_method",
    "apprehension_state_filled_in": "arrest_state_filled",
    "duplicate_episode_identifier": "episode",
    "duplicate_episode_first": "is_first_of_episode",
    "duplicate_likely": "is_duplicate",
    "duplicate_drop_row": "is_left_out",
}
UWCHR = {
    "stay_book_in_date_time": "stay_book_in_at",
    "detention_book_in_date_and_time": "book_in_at",
    "detention_book_out_date_time": "book_out_at",
    "stay_book_out_date_time": "stay_book_out_at",
    "detention_facility_code": "facility_code",
    "detention_facility": "facility_label",
    "area_of_responsibility": "aor",
    "detention_release_reason": "release_reason",
    "anonymized_identifier": "person_key",
}
