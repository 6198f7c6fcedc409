"""`make bench`: every figure the README quotes, each beside a peer measured in the same run where there is one.

Absolute times depend on the machine; ratios are the part to compare. One module a subject:
`python -m tests.benchmarks [subject …]`.
"""

import importlib
import os
import pkgutil
import platform
import sys
from pathlib import Path

OTHERS = ("__main__", "canned", "flink", "measuring", "soak", "traffic")


def main(wanted: list[str]) -> None:
    subjects = sorted(
        module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name not in OTHERS
    )
    for name in wanted:
        if name not in subjects:
            raise SystemExit(f"no subject {name}: there are {', '.join(subjects)}")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in wanted or subjects:
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
