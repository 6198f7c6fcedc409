"""The whole series, from its first cell to its last."""

import re
import subprocess

from tests.benchmarks.measuring import PYTHON, ROOT


def main() -> None:
    said = subprocess.run([PYTHON, "-m", "helpers.series", "demo"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    line = next(line for line in said.decode().splitlines() if line.startswith("time: "))
    for part, seconds in re.findall(r"([a-z ]+) ([\d.]+) s", line):
        print(f"make demo: {part.strip():<12} {seconds:>8} s")
    print(
        "                                   after set-up, a kernel for each notebook; start: the local AWS, chapter 00"
    )
