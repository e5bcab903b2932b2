"""Gradio is imported without the stubs for editors that it writes."""

import inspect

import pytest

from rag.web.gradio_import import gr, without_stubs


def test_only_meanwhile_and_of_gradio_alone_have_classes_no_file():
    with without_stubs():
        with pytest.raises(OSError, match=r"^$"):
            inspect.getfile(gr.Textbox)
        assert inspect.getfile(pytest.Item).endswith("nodes.py")
    assert inspect.getfile(gr.Textbox).endswith("textbox.py")
