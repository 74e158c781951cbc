"""A client of the server for programs without TensorFlow; it needs only httpx.

- `client`: `Client` and `AsyncClient` send texts and retry requests.
- `answers`: the JSON of an answer as a typed record.
"""

from pipeline.client.answers import Answer
from pipeline.client.client import AsyncClient, Client, ServerError

__all__ = ["Answer", "AsyncClient", "Client", "ServerError"]
