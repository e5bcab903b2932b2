"""The database of an index, opened as the program opens it: two copies of SQLite in one process break its locks."""

import contextlib

from rag.stores.sqlite import DATABASE
from rag.stores.sqlite.connection import connect


@contextlib.contextmanager
def database(folder, name=DATABASE):
    """Opens the database in a folder of an index, to look into it or to change it behind the store's back."""
    with contextlib.closing(connect(folder / name)) as db:
        yield db
