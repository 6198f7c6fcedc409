"""The whole series, from its first cell to its last."""

from tests.benchmarks.measuring import run, seconds


def main() -> None:
    demo = seconds(lambda: run("-m", "helpers.series", "demo"))
    print(f"make demo                 {demo:6.1f} s   after set-up, both series, a kernel for each notebook")
