"""The lifecycle of rule set olc-1 as straightforward DuckDB SQL, for bench_lifecycle.py."""

from __future__ import annotations

from collections.abc import Iterator

PROVENANCE = {"release_id", "row_id", "member", "sheet", "row", "date_flags"}
BONDS = {"initial_bond_set_amount", "initial_bond_set_on", "bond_posted_amount", "bond_posted_on"}
THROUGH = "TIMESTAMP '2026-03-10 23:59:59'"
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH "
    "NJ NM NY NC ND MP OH OK OR PA PR RI SC SD TN TX UT VT VI VA WA WV WI WY AS FM"
)
CIRCUITS = {
    "1": "ME MA NH PR RI", "2": "CT NY VT", "3": "DE NJ PA VI", "4": "MD NC SC VA WV",
    "5": "LA MS TX", "6": "KY MI OH TN", "7": "IL IN WI", "8": "AR IA MN MO NE ND SD",
    "9": "AK AZ CA GU HI ID MT NV MP OR WA", "10": "CO KS NM OK UT WY", "11": "AL FL GA",
    "DC": "DC",
}  # fmt: skip


def listed(words: str) -> str:
    """Return words as an SQL list."""
    return "(" + ", ".join(f"'{word}'" for word in words.split()) + ")"


def statements(columns: list[str]) -> Iterator[str]:
    """Return the statements that make stint, stay, arrest and link__arrest_stay."""
    yield from detention(columns)
    yield from arrests()
    yield links()


def detention(columns: list[str]) -> Iterator[str]:
    """Mark the stints, order those of each stay, and sum the stays up.

    Windows are over narrow tables, and equal records are found by a hash of all their columns.
    """
    bonds = [name for name in columns if name in BONDS]
    said = ", ".join(name for name in columns if name not in PROVENANCE | BONDS)
    order = ", ".join(f"{n} NULLS FIRST" for n in ("bond_posted_on", "bond_posted_amount")
                      if n in columns)  # fmt: skip
    order = f"{order}, row_id" if order else "row_id"
    own = [name for name in ("facility_label", "aor") if name in columns]
    narrow = ", ".join(["row_id", "person_key", "stay_book_in_at", "book_in_at", "book_out_at",
                        "facility_code", *own, *bonds])  # fmt: skip
    least = "".join(f", min({name}) OVER stint AS least_{name}" for name in bonds)
    stint = ", stint AS (PARTITION BY person_key, book_in_at, facility_code)" if bonds else ""
    yield f"""
    CREATE TEMP TABLE compared AS
    SELECT {narrow}, person_key IS NOT NULL AND row_number() OVER copies > 1
      AS is_duplicate_exact{least}
    FROM (SELECT {narrow}, hash({said}) AS signature FROM detention_stint)
    WINDOW copies AS (PARTITION BY signature ORDER BY {order}){stint}"""  # noqa: S608
    yield """
    CREATE TEMP TABLE marked AS
    SELECT *, person_key IS NOT NULL AND NOT is_duplicate_exact AND lead(row_id) OVER day NOT NULL
        AND NOT coalesce(book_out_at <= lead(book_in_at) OVER day
                         AND book_in_at < lead(book_in_at) OVER day, false)
        AS is_duplicate_same_day
    FROM compared
    WINDOW day AS (PARTITION BY is_duplicate_exact, person_key, facility_code, book_in_at::DATE,
                   stay_book_in_at ORDER BY book_in_at, row_id)"""
    yield from placed(columns)
    yield summed(columns, bonds)
    wide = ", ".join(f"d.{name}" for name in columns)
    flags = "".join(f", m.least_{name}" for name in bonds)
    yield f"""
    CREATE TEMP TABLE stint AS
    SELECT {wide}, f.state, f.circuit, m.is_duplicate_exact, m.is_duplicate_same_day,
      CASE WHEN d.person_key IS NOT NULL THEN m.is_duplicate_exact OR m.is_duplicate_same_day END
        AS is_duplicate,
      m.is_duplicate_exact OR m.is_duplicate_same_day AS is_left_out, p.stay_id, p.place,
      {hold_room(columns)} AS is_hold_room, 'olc-1' AS rule_set{flags}
    FROM detention_stint d JOIN marked m USING (row_id) LEFT JOIN placed p USING (row_id)
      LEFT JOIN facility f ON d.facility_code = f.code"""  # noqa: S608


def hold_room(columns: list[str]) -> str:
    """Return the condition that a stint is in a hold room."""
    hold = "coalesce(upper(d.facility_code) LIKE '%HOLD%', false)"
    if "facility_label" not in columns:
        return hold
    return f"{hold} OR coalesce(' ' || upper(d.facility_label) || ' ' LIKE '% HOLD %', false)"


def placed(columns: list[str]) -> Iterator[str]:
    """Order the stints of each stay and say what changed between them."""
    cases = " ".join(f"WHEN ending IN {listed(w)} THEN '{n}'" for n, w in CIRCUITS.items())
    yield f"""
    CREATE TEMP TABLE facility AS
    SELECT code, CASE WHEN ending IN {listed(STATES)} THEN ending END AS state,
      CASE {cases} END AS circuit
    FROM (SELECT DISTINCT facility_code AS code, right(facility_code, 2) AS ending
          FROM detention_stint)"""  # noqa: S608
    aor = (
        ", coalesce(d.aor <> lag(d.aor) OVER stay, false) AS moved_aor" if "aor" in columns else ""
    )
    yield f"""
    CREATE TEMP TABLE placed AS
    SELECT d.* EXCLUDE (is_duplicate_exact, is_duplicate_same_day), f.state, f.circuit,
      row_number() OVER stay AS place,
      last_value(row_id) OVER (stay ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        AS stay_id,
      coalesce(facility_code <> lag(facility_code) OVER stay, false) AS moved_facility,
      coalesce(f.state <> lag(f.state) OVER stay, false) AS moved_state,
      coalesce(f.circuit <> lag(f.circuit) OVER stay, false) AS moved_circuit{aor},
      date_diff('second', book_in_at, coalesce(book_out_at, {THROUGH})) AS length,
      {hold_room(columns)} AS is_hold,
      CASE WHEN book_in_at >= '2025-06-24' THEN 72 WHEN book_in_at >= '2011-09-01' THEN 12 END
        AS hold_limit
    FROM marked d LEFT JOIN facility f ON d.facility_code = f.code
    WHERE person_key IS NOT NULL AND NOT is_duplicate_exact AND NOT is_duplicate_same_day
    WINDOW stay AS (PARTITION BY person_key, coalesce(stay_book_in_at, book_in_at)
        ORDER BY book_in_at NULLS FIRST, book_out_at NULLS LAST, facility_code NULLS FIRST, row_id)
    """  # noqa: S608


def summed(columns: list[str], bonds: list[str]) -> str:
    """Return the statements that sum up each stay and take the rest from its last stint."""
    carried = [n for n in ("facility_label", "facility_code", "book_in_at", "book_out_at", "aor",
                           "state", "circuit") if n in (*columns, "state", "circuit")]  # fmt: skip
    which = "".join(
        f", arg_min_null({name}, place) AS first_{name},"
        f" arg_max_null({name}, length * 16777216 + place) AS longest_{name}"
        for name in carried
    )
    last = "".join(f", arg_max_null({name}, place) AS last_{name}" for name in ("state", "circuit"))
    least = "".join(f", min(least_{name}) AS lowest_{name}" for name in bonds)
    moves = ["facility", "state", "circuit", *(["aor"] if "aor" in columns else [])]
    counts = "".join(f", sum(moved_{move}::INT) AS n_transfers_{move}" for move in moves)
    wide = ", ".join(f"d.{name}" for name in columns if name not in BONDS)
    return f"""
    CREATE TEMP TABLE sums AS
    SELECT stay_id, any_value(person_key) AS who, count(*) AS n_stints,
      string_agg(coalesce(facility_code, '?'), '; ' ORDER BY place) AS facility_codes,
      sum(length) FILTER (is_hold) / 3600.0 AS hold_hours,
      max(length) FILTER (is_hold) / 3600.0 AS hold_longest_hours,
      max(hold_limit) FILTER (is_hold) AS hold_limit_hours,
      coalesce(bool_or(length > hold_limit * 3600) FILTER (is_hold), false) AS is_over_hold_limit
      {which}{last}{least}{counts}
    FROM placed GROUP BY stay_id;
    CREATE TEMP TABLE stay AS
    SELECT {wide}, s.* EXCLUDE (who), n.n_stays, d.stay_book_out_at IS NULL AS is_open,
      coalesce(d.stay_book_out_at < d.stay_book_in_at, false) AS is_negative,
      coalesce(s.first_book_in_at <> d.stay_book_in_at, false) AS is_start_mismatch,
      'olc-1' AS rule_set
    FROM detention_stint d JOIN sums s ON d.row_id = s.stay_id
      JOIN (SELECT who, count(*) AS n_stays FROM sums GROUP BY who) n ON n.who = s.who"""  # noqa: S608


def arrests() -> Iterator[str]:
    """Number the episodes of each person: a gap of more than a day begins one."""
    order = "arrested_at, arrest_method = 'ERO Reprocessed Arrest', member, sheet, row"
    yield f"""
    CREATE TEMP TABLE gaps AS
    SELECT *, coalesce(date_diff('second', lag(arrested_at) OVER w, arrested_at) > 86400, true)
      AS begins, row_number() OVER w AS number
    FROM arrest
    WINDOW w AS (PARTITION BY person_key, CASE WHEN person_key IS NULL THEN row_id END
                 ORDER BY {order}, row_id)"""  # noqa: S608
    yield """
    CREATE TEMP TABLE arrest_episodes AS
    SELECT *, sum(begins::INT) OVER (PARTITION BY person_key,
        CASE WHEN person_key IS NULL THEN row_id END ORDER BY number) AS episode,
      NOT begins AS is_left_out, NOT begins AS is_duplicate
    FROM gaps"""
    yield "DROP VIEW arrest"
    yield "ALTER TABLE arrest_episodes RENAME TO arrest"


def links() -> str:
    """Match arrests and stays: nearest arrest per stay, nearest stay per arrest, twice more."""
    near = """SELECT row_id, stay_id, gap FROM {pairs}
      QUALIFY row_number() OVER (PARTITION BY stay_id ORDER BY abs(gap), episode, row_id) = 1"""
    both = """SELECT row_id, stay_id, gap, {attempt} AS attempt FROM ({near})
      QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY abs(gap), stay_id) = 1"""
    free = """(SELECT * FROM pairs ANTI JOIN matched USING (row_id)
      ANTI JOIN matched USING (stay_id))"""
    again = "".join(
        f"INSERT INTO matched {both.format(attempt=attempt, near=near.format(pairs=free))};"
        for attempt in (2, 3, 4)
    )
    return f"""
    CREATE TEMP TABLE pairs AS
    SELECT a.row_id, s.stay_id, a.episode,
      date_diff('second', a.arrested_at, s.stay_book_in_at) AS gap
    FROM arrest a JOIN stay s USING (person_key)
    WHERE NOT a.is_left_out AND gap BETWEEN -432000 AND 864000;
    CREATE TEMP TABLE matched AS {both.format(attempt=1, near=near.format(pairs="pairs"))};
    {again}
    CREATE TEMP TABLE link__arrest_stay AS
    SELECT a.row_id, m.stay_id, m.gap / 3600.0 AS gap_hours, m.attempt
    FROM arrest a LEFT JOIN matched m USING (row_id) WHERE NOT a.is_left_out"""  # noqa: S608
