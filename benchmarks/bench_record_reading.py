"""How long a released workbook of a million rows takes to become Parquet, beside fastexcel alone.

Writes a synthetic workbook of detention stints (two sheets, thirty columns, as Excel writes it:
shared strings, dates as styled numbers) into build/ and keeps it between runs. Each measurement
runs in a process of its own, so that its peak memory is its own. Run:

    .venv/bin/python benchmarks/bench_record_reading.py [--rows 1000000] [--inline]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

BUILD = Path(__file__).parent.parent / "build" / "records"
MIB = 2**20
MOST_TIME, MOST_FAST, MOST_BOUNDED = 1.3, 1600, 600

HEADER = (  # noqa: SIM905
    "Stay Book In Date Time|Book In Date Time|Detention Facility|Book Out Date Time|"
    "Stay Book Out Date Time|Detention Release Reason|Stay Book Out Date|Stay Release Reason|"
    "Religion|Gender|Marital Status|Ethnicity|Birth Country|Citizenship Country|Entry Status|"
    "MSC Charge|MSC Charge Code|Case Status|Case Category|Final Order Yes No|Final Order Date|"
    "Case Threat Level|Departed Date|Departure Country|Detention Facility Code|Birth Date|"
    "Birth Year|Book In Criminality|Book In AOR|Anonymized Identifier"
).split("|")
COUNTRIES = ("MEXICO", "GUATEMALA", "HONDURAS", "EL SALVADOR", "VENEZUELA", "CUBA", "COLOMBIA")
LETTERS = [chr(65 + i) for i in range(26)] + [f"A{chr(65 + i)}" for i in range(26)]


class Strings:
    """The table of shared strings, or none: then each cell carries its text."""

    def __init__(self, inline: bool) -> None:
        self.numbers: dict[str, int] = {}
        self.inline = inline

    def cell(self, place: str, text: str) -> str:
        """Return the cell of a text."""
        if self.inline:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        number = self.numbers.setdefault(text, len(self.numbers))
        return f'<c r="{place}" t="s"><v>{number}</v></c>'


def row(number: int, chance: random.Random, strings: Strings) -> str:
    """Return one synthetic stint as XML."""
    begin = 44_000 + chance.randrange(1440 * 1500) / 1440
    end = begin + chance.randrange(1, 90_000) / 1440
    country, unlike = chance.choice(COUNTRIES), chance.random()
    values: list[str | float | None] = [
        *(begin, begin, f"SYNTHETIC JAIL {chance.randrange(300)}", end, end + 3, "Transferred"),
        *(int(end), "Paroled", "Unknown" if unlike < 0.7 else None, "Male", "Single"),
        *("Hispanic Origin", country, country, "PWA Mexico"),
        *(("Larceny", "2399") if unlike < 0.4 else (None, None)),
        *("ACTIVE", "[2A] Deportable - Under Adjudication by IJ", "YES", int(begin)),
        "1" if unlike < 0.4 else None,
        *((int(end), country) if unlike > 0.6 else (None, None)),
        *(f"SYN{chance.randrange(300):03}TX", "b(6), b(7)c", 1985.0),
        *("2 Pending Criminal Charges", "Atlanta Area of Responsibility"),
        f"syn{chance.randrange(400_000):037x}",
    ]
    cells = []
    for letter, value in zip(LETTERS, values, strict=False):
        place = f"{letter}{number}"
        if isinstance(value, str):
            cells.append(strings.cell(place, value))
        elif value == 1985.0:
            cells.append(f'<c r="{place}"><v>{chance.randrange(1950, 2005)}</v></c>')
        elif value is not None:
            cells.append(f'<c r="{place}" s="1"><v>{value!r}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def write_workbook(path: Path, rows: int, *, inline: bool) -> None:
    """Write the workbook, half of the rows to each of two sheets."""
    chance, strings = random.Random(3), Strings(inline)  # noqa: S311
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for sheet in (1, 2):
            with archive.open(f"xl/worksheets/sheet{sheet}.xml", "w", force_zip64=True) as part:
                part.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
                for number in range(1, 7):
                    cell = strings.cell(f"A{number}", "SYNTHETIC, no real person")
                    part.write(f'<row r="{number}">{cell}</row>'.encode())
                heads = zip(LETTERS, HEADER, strict=False)
                cells = "".join(strings.cell(f"{letter}7", text) for letter, text in heads)
                part.write(f'<row r="7">{cells}</row>'.encode())
                for start in range(8, 8 + rows // 2, 2000):
                    numbers = range(start, min(start + 2000, 8 + rows // 2))
                    part.write("".join(row(n, chance, strings) for n in numbers).encode())
                part.write(b"</sheetData></worksheet>")
        sheets = "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="rId{i}"/>' for i in (1, 2))
        items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings.numbers)
        targets = [("worksheet", "worksheets/sheet1.xml"), ("worksheet", "worksheets/sheet2.xml")]
        targets += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
        relations = "".join(
            f'<Relationship Id="rId{i}" Type="{office}/{kind}" Target="{target}"/>'
            for i, (kind, target) in enumerate(targets, start=1)
        )
        parts = {
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">{items}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheets}'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f"{relations}</Relationships>",
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        }
        for name, text in parts.items():
            archive.writestr(name, text)


MEASURE = """
import resource, sys, tempfile, time
from pathlib import Path
path, way = Path(sys.argv[1]), sys.argv[2]
if way == "fastexcel":
    import fastexcel
    started, used = time.perf_counter(), time.process_time()
    book = fastexcel.read_excel(path)
    rows = sum(len(book.load_sheet(i, header_row=6).to_arrow()) for i in (0, 1))
else:
    from openlifecycle.reading.records.pace import BOUNDED, FAST
    from openlifecycle.reading.records.read import Member, read_records
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        started, used = time.perf_counter(), time.process_time()
        members = [Member(path.name, path)]
        out, work = Path(place) / "out.parquet", Path(place)
        frame = read_records(members, release_id="bench", out=out, work=work,
                             pace=FAST if way == "fast" else BOUNDED)
        rows = frame.rows
took, used = time.perf_counter() - started, time.process_time() - used
print(rows, took, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(path: Path, way: str) -> tuple[int, float, float, float]:
    """Return rows, wall seconds, CPU seconds and peak memory in MiB of one way to read."""
    words = [sys.executable, "-c", MEASURE, str(path), way]
    rows, took, used, peak = subprocess.run(
        words, capture_output=True, text=True, check=True
    ).stdout.split()
    return int(rows), float(took), float(used), float(peak)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--inline", action="store_true", help="texts in the cells, none shared")
    parser.add_argument("--times", type=int, default=1)
    asked = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"stints-{asked.rows}{'-inline' if asked.inline else ''}.xlsx"
    if not path.exists():
        started = time.perf_counter()
        write_workbook(path, asked.rows, inline=asked.inline)
        print(f"wrote {path.name} in {time.perf_counter() - started:.0f} s")
    print(f"{path.name}: {asked.rows:,} x {len(HEADER)}, {path.stat().st_size / MIB:.0f} MiB")
    best: dict[str, tuple[int, float, float, float]] = {}
    for _ in range(asked.times):
        for way in ("fastexcel", "fast", "bounded"):
            found = measure(path, way)
            best[way] = min(best.get(way, found), found, key=lambda m: m[1])
    for way, (rows, took, used, peak) in best.items():
        ratio = took / best["fastexcel"][1]
        print(
            f"{way:10} {rows:>9,} rows {took:7.1f} s {used:7.1f} s CPU {peak:7.0f} MiB "
            f"{ratio:5.2f} x fastexcel"
        )
    print(f"wanted: fast at most {MOST_TIME} x fastexcel and {MOST_FAST} MiB, ", end="")
    print(f"bounded at most {MOST_BOUNDED} MiB; two processors")


if __name__ == "__main__":
    main()
