"""Small words of Maya's names: lists that may be None, namespaces in front of every part of a path."""

from __future__ import annotations


def listed(found: object) -> list[str]:
    """What a command found: Maya answers None instead of an empty list."""
    return [str(name) for name in found] if isinstance(found, (list, tuple)) else []


def namespace_of(node: str) -> str:
    """`a:b` of `|a:b:group|a:b:head`; "" where there is none."""
    return node.rsplit("|", 1)[-1].rpartition(":")[0]


def without_namespace(path: str, namespace: str) -> str:
    """The path with this namespace taken off each of its parts, where they have it."""
    lead = f"{namespace}:"
    parts = path.split("|") if namespace else []
    return "|".join(part[len(lead) :] if part.startswith(lead) else part for part in parts) or path


def with_namespace(path: str, namespace: str) -> str:
    """The path with the namespace in front of each part; one that says its own namespace stays."""
    if not namespace or ":" in path:
        return path
    return "|".join(f"{namespace}:{part}" if part else part for part in path.split("|"))
