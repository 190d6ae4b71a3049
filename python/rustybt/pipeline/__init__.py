"""Pipelines: their terms are not written yet; here are the invented bars of their loaders."""

from rustybt._not_yet import raise_not_yet


def __getattr__(name: str) -> object:
    if name.startswith("_") or name == "loaders":
        raise AttributeError(name)
    raise_not_yet(f"rustybt.pipeline.{name}")
