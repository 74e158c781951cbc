"""Tiny settings, and pieces to cut texts into."""

import pytest

from pipeline.tasks.translation.config import TranslationSettings
from pipeline.tasks.translation.tokenizer import build_tokenizer, fit

PAIRS = [
    ("订5月1日到北京的机票", "a ticket to Beijing on May 1st"),
    ("订5月1日离开北京的机票", "a ticket from Beijing on May 1st"),
    ("坐CA1234去上海", "to Shanghai on CA1234"),
    ("你好。再见！", "Hello. Goodbye!"),
    ("取消明天的票", "cancel tomorrow's ticket"),
]


@pytest.fixture(scope="session")
def records():
    return [
        {"text": source, "target": target, "source": f"pairs:{line}", "parts": []}
        for line, (source, target) in enumerate(PAIRS * 4, 1)
    ]


@pytest.fixture(scope="session")
def make():
    """Settings of a tiny model, some sections changed."""

    def settings(**sections):
        small = {"embedding_dim": 8, "hidden_dim": 8, "heads": 2, "dropout": 0.0}
        return TranslationSettings.model_validate(
            {
                "task": "translation",
                "data": {
                    "format": "jsonl",
                    "files": {"train": "none.jsonl"},
                    "languages": {"source": "zh", "target": "en"},
                },
                "tokenizer": {"vocabulary_size": 400, **sections.pop("tokenizer", {})},
                "model": {**small, **sections.pop("model", {})},
                **sections,
            }
        )

    return settings


@pytest.fixture(scope="session")
def tokenizer_of(make, records, tmp_path_factory):
    """A tokenizer of settings, its pieces learnt from the records."""

    def build(settings):
        folder = tmp_path_factory.mktemp("pieces")
        for name, model in fit(settings, records).items():
            (folder / f"{name}.model").write_bytes(model)
        return build_tokenizer(settings, folder)

    return build


@pytest.fixture(scope="session")
def tokenizer(make, tokenizer_of):
    return tokenizer_of(make())
