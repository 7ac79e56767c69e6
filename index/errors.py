"""Every error that Dalil shows a person: what happened, with which values, and what to do next.

    DalilError
    ├── ConfigError     a setting is unknown or has a value that cannot be used
    ├── WeightsError    a model's files are missing, wrong or cannot be fetched
    ├── ReadError       a path given to `ingest` cannot be read at all
    ├── CatalogueError  the catalogue cannot be opened, or was built with other settings
    ├── VectorsError    the neighbour index cannot be opened or does not match the catalogue
    ├── LockedError     another process is writing to this home
    ├── LanguageModelError  a language model cannot be loaded or did not answer
    └── EvaluationError  an evaluation run cannot be begun, continued or compared

Wrong arguments to a function stay `ValueError`; a file that is refused while others go on is a
`Refusal`, not an error.
"""

from __future__ import annotations


class DalilError(Exception):
    """Base of the errors whose text is meant for the person at the keyboard."""


class ConfigError(DalilError):
    """A setting is unknown, or its value cannot be used."""


class WeightsError(DalilError):
    """A model's files are missing, wrong, or cannot be fetched."""


class ReadError(DalilError):
    """A path given to `ingest` cannot be read at all."""


class CatalogueError(DalilError):
    """The catalogue cannot be opened, or was built with other settings."""


class VectorsError(DalilError):
    """The neighbour index cannot be opened, or does not match the catalogue."""


class LockedError(DalilError):
    """Another process is writing to this home."""


class LanguageModelError(DalilError):
    """A language model cannot be loaded, or did not answer."""


class EvaluationError(DalilError):
    """An evaluation run cannot be begun, continued, scored or compared."""
