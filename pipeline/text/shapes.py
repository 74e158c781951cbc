"""Word shapes: patterns (RE2) in order, of which the first match counts.

They are separate from the ops, so that a model that needs only their number needs no TensorFlow.
"""

SHAPES = (
    "",  # padding
    r"\x{FFFD}",  # undecodable bytes; treated like an unknown word
    r"[\p{Ll}\p{M}]+",  # beijing
    r"[\p{Lu}\p{Lt}]\p{M}*[\p{Ll}\p{M}]+",  # Beijing
    r"[\p{Lu}\p{Lt}\p{M}]+",  # KLM
    r"\p{Nd}.*",
    r"\p{L}.*",  # McDonald; scripts without capitals
    r"(?s).*",  # signs
)
