"""What marks a file, a workbook or a table as synthetic."""

from __future__ import annotations

from typing import Final

#: The words that every file of a world carries inside.
MARK: Final = "SYNTHETIC: invented records of invented people; nobody in this file exists"
#: Metadata of every Parquet file and workbook of a world.
METADATA: Final = {"synthetic": "true", "made_by": "OpenLifecycle, olc demo world", "note": MARK}
