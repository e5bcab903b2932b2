"""A file is replaced whole or not at all, and is as private as any that its user makes."""

import contextlib
import os
import stat

import pytest

from rag.whole_file import replaced


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_it_is_as_for_any_new_file(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with replaced(tmp_path / "a") as part:
            part.write_text("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_after_an_error_the_file_before_is_there_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_text("before")
    with contextlib.suppress(ZeroDivisionError), replaced(path) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "before"
