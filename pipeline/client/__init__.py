"""A client of the server, for programs without TensorFlow; it needs httpx alone.

- `client`: `Client` and `AsyncClient` send texts and retry what the server could not take.
- `answers`: the JSON of an answer as a typed record.
"""

from pipeline.client.answers import Answer
from pipeline.client.client import AsyncClient, Client, ServerError

__all__ = ["Answer", "AsyncClient", "Client", "ServerError"]
