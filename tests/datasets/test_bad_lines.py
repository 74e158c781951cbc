"""The lines that errors are about, also those of damaged files."""

from pipeline.datasets.bad_lines import lines_of
from pipeline.errors import DataError, RowError


def test_lines_are_found_unless_the_text_is_known_or_there_are_none(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\tthree\nfo\xffr \xe4\xba\xac\n")
    (tmp_path / "a.parquet").write_bytes(b"PAR1\n")
    errors = [
        RowError(path, 1, "wrong", "right", "one"),
        DataError(path, 2, "wrong", "right"),
        DataError(path, 3, "wrong", "right"),
        DataError(path, 0, "wrong", "right"),
        DataError(tmp_path / "a.parquet", 1, "wrong", "right"),
        DataError(tmp_path / "gone", 1, "wrong", "right"),
        DataError("tfds:no/train", 1, "wrong", "right"),
    ]
    assert lines_of(errors) == {(str(path), 2): "two\tthree", (str(path), 3): "fo\\xffr 京"}
