"""Runs every house rule of tools/ and ends 1 if any does not hold; each says why it is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RULES = sorted(Path(__file__).parent.glob("check_*.py"))

if __name__ == "__main__":
    others = [rule for rule in RULES if rule.name != Path(__file__).name]
    codes = [subprocess.run([sys.executable, str(rule)]).returncode for rule in others]
    sys.exit(1 if any(codes) else 0)
