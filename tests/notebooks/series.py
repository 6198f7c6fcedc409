"""Replay notebooks strictly against their stored outputs: `python tests/notebooks/series.py FILE…`.

The notebooks share one local AWS of their own (free port, temporary state, stepped time), in the order given.
Exit code: pytest's.
"""

import subprocess
import sys
from pathlib import Path

from helpers.series import ROOT, scratch_workshop

SANITIZE = Path(__file__).with_name("sanitize.cfg")


def replay(files: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "--nbval", f"--nbval-sanitize-with={SANITIZE}", "-q"]
    # nbval and ipykernel warn about themselves; the notebooks' own warnings would show as unexpected output.
    command += ["-W", "default", "--timeout=600", "-p", "no:cacheprovider", *files]
    with scratch_workshop():
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(replay(sys.argv[1:]))
