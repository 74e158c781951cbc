"""Settings out of their range are refused."""

import math

import pytest

from pipeline.decoding.settings import Sampling, Search
from pipeline.errors import InputError


@pytest.mark.parametrize(
    ("settings", "values", "message"),
    [
        (Search, {"beam_width": 0}, "beam_width is 0; expected at least 1"),
        (Search, {"beam_width": 3, "n_best": 4}, "beam_width is 3; expected at least 4"),
        (Search, {"n_best": 0}, "n_best is 0; expected at least 1"),
        (Search, {"length_penalty": -0.1}, "length_penalty is -0.1; expected at least 0"),
        (Search, {"coverage_penalty": math.nan}, "coverage_penalty is nan"),
        (Search, {"no_repeat_ngram": -1}, "no_repeat_ngram is -1"),
        (Search, {"forbidden": (1, 2)}, r"forbidden is \(1, 2\); expected 0 \(<pad>\) in it"),
        (Search, {"forbidden": (0, 3)}, r"not 3 \(</s>\)"),
        (Search, {"below": 3}, "below is 3; expected at least 4"),
        (Sampling, {"samples": 0}, "samples is 0"),
        (Sampling, {"temperature": 0.0}, "temperature is 0.0; expected a number above 0"),
        (Sampling, {"top_k": -1}, "top_k is -1"),
        (Sampling, {"top_p": 0.0}, "top_p is 0.0; expected a share above 0 and at most 1"),
        (Sampling, {"top_p": 1.1}, "top_p is 1.1"),
        (Sampling, {"no_repeat_ngram": -1}, "no_repeat_ngram is -1"),
    ],
)
def test_values_out_of_range_are_refused(settings, values, message):
    with pytest.raises(InputError, match=message):
        settings(**values)


def test_without_settings_nothing_is_penalised_and_no_sign_comes_out():
    settings = Search()
    assert (settings.length_penalty, settings.coverage_penalty) == (0, 0)
    assert settings.forbidden == (0, 1, 2)
