"""The whole series, from its first cell to its last."""

import re
import subprocess

from tests.benchmarks.measuring import PYTHON, ROOT


def main() -> None:
    said = subprocess.run([PYTHON, "-m", "helpers.series", "demo"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    line = next(line for line in said.decode().splitlines() if line.startswith("time: "))
    *parts, (_, whole) = re.findall(r"([a-z]+) ([\d.]+) s", line)
    each = ", ".join(f"{name} {seconds} s" for name, seconds in parts)
    print(f"make demo                {whole:>8} s   after set-up, a kernel for each notebook: {each}")
