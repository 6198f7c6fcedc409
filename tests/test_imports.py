"""Every module of helpers is named in the import contracts of pyproject.toml, so that none slips by."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = {"helpers.streaming_sql", "helpers.local_aws"}


def test_the_contracts_name_every_module() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    found = {f"helpers.{path.stem}" for path in (ROOT / "helpers").glob("[!_]*.py")}
    found |= {f"helpers.{path.parent.name}" for path in (ROOT / "helpers").glob("*/__init__.py")}
    of_notebooks = found - LIBRARIES
    sql, local, nobody = config["contracts"]
    assert set(sql["forbidden_modules"]) == of_notebooks | {"helpers.local_aws"}
    assert set(local["forbidden_modules"]) == of_notebooks
    assert set(nobody["source_modules"]) == of_notebooks | {"helpers.streaming_sql"}
