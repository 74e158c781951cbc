"""How a token is written, whatever it says: patterns (RE2) in order, the first that fits counts.

Stands apart from the ops so that a model, which needs their number alone, needs no TensorFlow.
"""

SHAPES = (
    "",  # padding
    r"\x{FFFD}",  # what cannot be read: as unknown as an unknown word
    r"[\p{Ll}\p{M}]+",  # beijing
    r"[\p{Lu}\p{Lt}]\p{M}*[\p{Ll}\p{M}]+",  # Beijing
    r"[\p{Lu}\p{Lt}\p{M}]+",  # KLM
    r"\p{Nd}.*",
    r"\p{L}.*",  # McDonald; scripts without capitals
    r"(?s).*",  # signs
)
