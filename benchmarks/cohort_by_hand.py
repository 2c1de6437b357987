"""Cohorts of people arrested as a competent person writes them by hand for DuckDB.

Two statements: the state of everybody at each horizon, counted; and what many stop short of, one
Aalen-Johansen estimate, of the reasons that detention ends for, with its delta-method variance.
Ours makes five such clocks, with bands, beside states of more kinds.
"""

from __future__ import annotations

from typing import Final

#: Who belongs to the cohort of a month: the first arrest of each person in it, with its stay.
_ENTRY: Final = """
with entry as (
  select a.row_id, a.person_key, a.arrested_at t, a.aor, strftime(a.arrested_at, '%Y-%m') p, s.*
         exclude (person_key, aor)
  from arrest a left join link__arrest_stay l using (row_id) left join stay s using (stay_id)
  where a.arrested_at between timestamp '2023-10-01' and timestamp '2026-03-10 23:59:59'
  qualify row_number() over (partition by a.person_key, p order by a.arrested_at, a.row_id) = 1)
"""

COUNTS: Final = f"""
{_ENTRY}, back as (
  select e.row_id, min(n.book_in_at) again from entry e join stay n
  on n.person_key = e.person_key and n.stay_id <> e.stay_id
  and n.book_in_at >= coalesce(e.book_out_at, e.t) group by 1)
select p, aor, d, case
    when again <= t + to_days(d) then 'returned'
    when book_out_at <= t + to_days(d) then stay_release_reason
    when book_in_at <= t + to_days(d) and n_transfers > 0
      and first_book_out_at <= t + to_days(d) then 'held_after_transfer'
    when book_in_at <= t + to_days(d) then 'held_first_facility'
    else 'not_detained' end state, count(*) n
from entry left join back using (row_id), (values (1), (7), (30), (90), (180), (365)) h(d)
group by all
"""  # noqa: S608 - nothing of anybody's is put in

INCIDENCE: Final = f"""
{_ENTRY}, told as (
  select p, aor, stay_release_reason cause, count(*) n,
         ceil(date_diff('second', t, coalesce(book_out_at, timestamp '2026-03-10 23:59:59'))
              / 3600)::int as hour
  from entry where stay_id is not null group by all),
moment as (
  select p, aor, hour, sum(n) filter (cause is not null) d, sum(n) gone from told group by all),
risk as (
  select p, aor, hour, coalesce(d, 0) d,
         sum(gone) over (partition by p, aor order by hour desc) n from moment),
surv as (
  select *, case when n > d then d / (n * (n - d)) else 0 end g,
         case when min(n - d) over so_far = 0 then 0
              else exp(sum(ln(greatest(1 - d / n, 1e-300))) over so_far) end s
  from risk window so_far as (partition by p, aor order by hour)),
before as (
  select *, lag(s, 1, 1) over (partition by p, aor order by hour) b from surv),
step as (
  select x.p, x.aor, x.hour, c.cause, x.d, x.n, x.g, x.b, coalesce(k.n, 0) dk
  from before x
  join (select distinct p, aor, cause from told where cause is not null) c using (p, aor)
  left join told k on k.p = x.p and k.aor = x.aor and k.hour = x.hour and k.cause = c.cause),
curve as (
  select *, sum(b * dk / n) over (partition by p, aor, cause order by hour) f from step),
whole as (
  select p, aor, cause, hour, f,
         f * f * sum(g) over so_far - 2 * f * sum(f * g) over so_far + sum(f * f * g) over so_far
         + sum(b * b * (n - dk) * dk / n ** 3) over so_far
         - 2 * (f * sum(b * dk / n ** 2) over so_far - sum(f * b * dk / n ** 2) over so_far) v
  from curve window so_far as (partition by p, aor, cause order by hour)),
kept as (
  select p, aor, cause, days, last(f order by hour) f, last(v order by hour) v
  from whole, (values (1), (7), (30), (90), (180), (365)) h(days)
  where hour <= 24 * days group by all)
select *, f - 1.959964 * sqrt(v) low, f + 1.959964 * sqrt(v) high from kept
"""  # noqa: S608
