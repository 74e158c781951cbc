from typing import Any, TypeAlias

StaticHashTable: TypeAlias = Any

def __getattr__(name: str) -> Any: ...
