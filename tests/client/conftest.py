"""The server of `tests/serving`, for the tests of its client."""

from tests.serving.conftest import contract_models, serve, served

__all__ = ["contract_models", "serve", "served"]
