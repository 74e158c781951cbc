"""Tag schemes: told apart, read strictly where they say where a span ends, written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tasks.slot_filling.schemes import SCHEMES, TagError, decode, detect, encode

# Four tokens and a lone one: `new york city tomorrow` and `rome`.
SPANS = [("city", 0, 3), ("date", 3, 4), ("city", 5, 6)]
WRITTEN = {
    "BIO": "B-city I-city I-city B-date O B-city",
    "BIOES": "B-city I-city E-city S-date O S-city",
    "BILOU": "B-city I-city L-city U-date O U-city",
    "BMES": "B-city M-city E-city S-date O S-city",
    "IO": "I-city I-city I-city I-date O I-city",
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_by_hand(scheme):
    tags = WRITTEN[scheme].split()
    assert encode(SPANS, 6, scheme) == tags
    assert decode(tags, scheme) == SPANS
    assert detect([["O"], tags]) == scheme


@given(
    scheme=st.sampled_from([name for name in SCHEMES if name != "IO"]),
    lengths=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from("ab"))),
)
def test_reading_gives_back_what_was_written(scheme, lengths):
    spans, place = [], 0
    for gap, length, slot in lengths:
        spans.append((slot, place + gap, place + gap + length))
        place += gap + length
    tags = encode(spans, place + 1, scheme)
    assert decode(tags, scheme) == spans


@pytest.mark.parametrize(
    ("sequences", "scheme"),
    [
        ([], "BIO"),
        ([["O", "O"]], "BIO"),
        ([["I-x", "O", "I-x", "B-x"]], "BIO"),  # IOB1
        ([["B-x", "O"], ["S-x"], ["B-y", "I-y"]], "BIO"),  # a slip, not another scheme
        ([["B-x", "O"], ["S-x"], ["S-y"], ["B-x", "E-x"]], "BIOES"),  # the slip is in the first
        ([["B-x", "L-x"]], "BILOU"),
        ([["I-x", "I-y"]], "IO"),
    ],
)
def test_the_scheme_is_the_one_that_fewest_sequences_break(sequences, scheme):
    assert detect(sequences) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme", "index", "message"),
    [
        ("O x", "BIO", 1, "tag 1 is 'x'; expected O, B-slot or I-slot"),
        ("S-x", "BIO", 0, "tag 0 is 'S-x'; expected O, B-slot or I-slot"),
        ("O B-", "BIOES", 1, "tag 1 is 'B-'; expected O, B-slot, I-slot, E-slot or S-slot"),
        ("B-x O", "BIOES", 0, "tag 0 is 'B-x' where its span ends; expected E-x or S-x"),
        ("B-x I-x", "BILOU", 1, "tag 1 is 'I-x' where its span ends; expected L-x or U-x"),
        ("B-x E-y", "BIOES", 0, "tag 0 is 'B-x' where its span ends; expected E-x or S-x"),
        ("O E-x", "BIOES", 1, "tag 1 is 'E-x' where its span begins; expected B-x or S-x"),
        ("S-x M-x", "BMES", 1, "tag 1 is 'M-x' where its span begins; expected B-x or S-x"),
    ],
)
def test_a_tag_out_of_place_is_rejected(tags, scheme, index, message):
    with pytest.raises(TagError) as caught:
        decode(tags.split(), scheme)
    assert (caught.value.index, str(caught.value)) == (index, message)
