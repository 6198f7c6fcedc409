"""The preview of chapter 02."""

import pytest

from helpers.generator.errors import GeneratorError
from helpers.panels.preview import preview, producer_table


def test_all_templates_of_the_lab() -> None:
    table = preview()
    assert list(table.columns) == ["template", "record", "bytes"]
    assert list(table["template"]) == ["schema_discovery", "impression", "click"]
    assert table["record"][2] == '{"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}'
    assert table["bytes"][2] == 63  # with the newline


def test_some_records_of_one() -> None:
    assert len(preview("click", records=3)) == 3
    with pytest.raises(GeneratorError, match="no template 'klick'"):
        preview("klick")


def test_the_labs_table_of_tabs() -> None:
    table = producer_table()
    assert list(table["tab"]) == [1, 2, 3, 4, 5]
    assert list(table["template"]) == ["impression", "click", "click", "click", "click"]
    assert set(table["records per second"]) == {1.0}
