import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import clean, dump, parse, read_bounded, read_object


@pytest.mark.parametrize("data", [b"NaN", b"[Infinity]", b"1e999", b"{", b"\xff", b"[" * 100_000, b"", b"1" * 5000])
def test_what_is_not_strict_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_raise_value_error(data: bytes) -> None:
    try:
        parse(data)
    except ValueError:
        return


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_bit(number: float) -> None:
    assert math.copysign(1, json.loads(dump(number))) == math.copysign(1, number)
    assert parse(dump(number).encode()) == number


def test_nan_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump({"p": math.nan})


def test_records_are_ascii_in_one_line() -> None:
    assert dump({"text": "é\n\udc80"}) == '{"text":"\\u00e9\\n\\udc80"}'


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert clean("a\udc80b😀") == "a?b😀"


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="larger than 10 bytes"):
        read_bounded(tmp_path / "big", 10)
    assert read_bounded(tmp_path / "big", 11) == b"x" * 11


def test_folders_and_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(InputError, match="is not a file"):
            read_bounded(path, 10)


@pytest.mark.parametrize("name", ["missing", "a\x00b"])
def test_names_that_lead_nowhere_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_bounded(tmp_path / name, 10)


@pytest.mark.parametrize("text", ["[]", "3", "{", '{"a": NaN}'])
def test_only_an_object_will_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(InputError, match=r"file\.json"):
        read_object(tmp_path / "file.json", 100)
