"""Operators' console of a RASENMAEHER deployment."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """``__version__``, looked up when asked for: the metadata costs more than a list does."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("rmtui")
    except PackageNotFoundError:  # run from a checkout that was never installed
        found = "0+unknown"
    globals()[name] = found
    return found
