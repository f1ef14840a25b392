"""The tables, by area; the ledgers can only be appended to."""

import importlib
import pkgutil

from sqlalchemy import MetaData

from dashboard.db import Base


def tables() -> MetaData:
    """Return every table there is a model for, all modules of this folder read."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return Base.metadata
