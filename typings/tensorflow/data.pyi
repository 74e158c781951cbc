from typing import Any, TypeAlias

Dataset: TypeAlias = Any

def __getattr__(name: str) -> Any: ...
