"""Forms: a file's own settings before the data's, one file or two, languages for TMX."""

import pytest

from pipeline.errors import InputError
from pipeline.tasks.translation.file_format import form_of, names_of

PAIR = {"source": "a.en", "target": "a.de"}


def test_a_file_s_own_settings_come_first(make_data):
    files = {
        "train": PAIR,
        "test": {"path": "b.tsv", "format": "tsv", "header": False, "columns": {"source": "0"}},
    }
    data = make_data("aligned", files, encoding="latin-1", languages={"source": "en"})
    train, test = form_of(data, "train"), form_of(data, "test")
    assert (train.paths, train.format, train.encoding) == (("a.en", "a.de"), "aligned", "latin-1")
    assert (test.paths, test.format, test.header) == (("b.tsv",), "tsv", False)
    assert (test.columns.source, test.columns.target) == ("0", "target")
    assert test.languages.source == "en"
    assert train.mendable


@pytest.mark.parametrize(
    ("format_", "files", "message"),
    [
        ("tsv", {}, "data.files names nothing; expected `train`"),
        ("aligned", {"train": "a.en"}, r"data\.files\.train: one file for aligned; expected {sou"),
        ("tsv", {"train": PAIR}, r"data\.files\.train: two files for tsv; expected one file, or f"),
        ("tmx", {"train": "a.tmx"}, r"data\.languages: unknown; tmx expects both"),
    ],
)
def test_what_does_not_fit_is_refused(make_data, format_, files, message):
    with pytest.raises(InputError, match=message):
        form_of(make_data(format_, files), "train")


def test_names_of_a_column():
    assert names_of("a") == ("a",)
    assert names_of(("a", "b")) == ("a", "b")
