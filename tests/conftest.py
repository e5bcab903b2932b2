"""Fixtures that tests of several folders share. What a unit test does not need is imported where it is used."""

from __future__ import annotations

import gc
import inspect
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from support import ROOT, WordEncoder

if TYPE_CHECKING:
    from support.milvus import Milvus

    from rag.models.encoder import SentenceEncoder

MEMORY = Path("/dev/shm")
MOST_MEMORY = 4 * 2**30  # what is written there takes less; containers often have 64 MB
_file_of = inspect.getfile
_LIBRARIES = (f"library_{number}" for number in itertools.count())


@pytest.fixture
def words() -> WordEncoder:
    return WordEncoder()


@pytest.fixture(scope="session")
def real() -> SentenceEncoder:
    """The default model."""
    from rag.models.encoder import SentenceEncoder

    return SentenceEncoder()


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, real: SentenceEncoder) -> Callable[[Path], Path]:
    """Copies the index of the demonstration to a new folder. All processes of a test run build it once, together."""
    import rag

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    built = shared / "demonstration"
    with FileLock(f"{built}.lock"):
        if not built.exists():
            making = shared / "demonstration.making"
            rag.build([ROOT / "seeds"], index=making, encoder=real).close()
            making.rename(built)

    def copy(folder: Path) -> Path:
        return Path(shutil.copytree(built, folder))

    return copy


@pytest.fixture
def news(tmp_path: Path) -> Callable[..., Path]:
    """Writes records to a JSONL file, anew at each call, and gives its path."""

    def write(*records: dict[str, Any], name: str = "news.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
        return path

    return write


# What a test needs beyond the code, by the fixtures it asks for; `make check` leaves these tests out.
MARKER_OF_FIXTURE = {
    "real": "model", "opened": "browser", "page": "browser",
    "server": "server", "bucket": "server", "address": "server",
}  # fmt: skip
# The longest files, so that those that run in parallel with them end at about the same time.
LONGEST_FIRST = (
    "test_ray_cluster", "test_quality", "test_adding", "test_milvus", "test_app_states", "test_one_state",
    "test_app_keeping", "test_app_for_every_reader", "test_app", "test_tasks", "test_contract", "test_app_balance",
    "test_app_media", "test_faults", "test_characters", "test_normalise", "test_crashes", "test_app_contents",
    "test_coverage", "test_hostile", "test_app_pages", "test_documents", "test_app_citing", "test_command_line",
    "test_app_views", "test_app_filters", "test_verification", "test_app_at_once", "test_serving", "test_app_remote",
    "test_mcp", "test_numpy_bert", "test_uploads", "test_starting", "test_events", "test_damage", "test_sessions",
    "test_flood", "test_benchmarks", "test_private_folder", "test_wheel", "test_updating",
)  # fmt: skip


# Tests that take seconds for each of many cases that are much alike: every n-th is run, all with EXAMPLES.
EVERY = {
    "test_both_stores_find_the_same_under_every_filter": 3, "test_every_character_of_a_text_comes_out_as_it_went_in": 2,
    "test_on_a_full_disk_nothing_is_lost_and_the_error_says_to_free_space": 2,
    "test_an_answer_is_of_the_state_that_was_searched_without_what_changed_and_lists_are_of_now": 3,
    "test_an_answer_that_lacks_something_is_composed_again_of_the_newest_state": 3,
    "test_every_list_is_readable_and_accessible": 2, "test_the_first_sentence_that_answers_is_on_the_first_screen": 2,
    "test_no_upload_is_left_by_an_app_that_is_ended": 2, "test_everything_is_visible_and_accessible": 2,
    "test_the_vector_of_a_question_is_that_of_sentence_transformers": 2,
    "test_a_writer_killed_at_any_moment_leaves_the_state_before_or_after": 2,
}  # fmt: skip
# Those that are as long by themselves, and of which others test a part: none is run without EXAMPLES.
LARGER = {
    "test_a_build_on_a_cluster_changes_a_library_as_a_local_one_does", "test_every_benchmark_can_be_imported",
    "test_a_passage_in_milvus_is_about_as_large_as_planned", "test_a_store_that_breaks_its_promise_is_noticed",
    "test_a_hundred_readers_at_once_are_answered_rightly_or_refused_clearly",
    "test_the_app_reports_when_milvus_is_away_and_recovers_when_it_is_back",
    "test_a_build_after_a_stopped_one_reuses_what_is_in_milvus",
}  # fmt: skip


def pytest_configure() -> None:
    """Keep temporary folders in memory where there is enough, and the ports of processes apart.

    Most tests build an index, which waits for the disk many times: for two thirds of the time that it takes.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MOST_MEMORY:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    # Gradio looks for a free port and then takes it; another process that looks at the same time takes it first.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ.setdefault("GRADIO_SERVER_PORT", str(8100 + 200 * worker))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect the tests without looking for garbage, and never look again at what is kept until the end.

    Collecting makes some hundred thousand objects that stay: to search them again and again for garbage takes two
    fifths of the time of collecting, and a part of that of the tests.
    """
    gc.disable()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(inspect, "getfile", _file_of_others)
            return (yield)
    finally:
        gc.enable()
        gc.freeze()


def _file_of_others(of: Any) -> str:
    """Return the file of a class or module, if it is not Gradio's.

    Gradio then writes no stubs for editors (`rag.web.gradio_import`), also where a test imports it before the app.
    """
    if getattr(of, "__module__", "").startswith("gradio."):
        raise OSError
    return _file_of(of)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what each test needs, put the longest files first, and leave out the larger samples."""
    is_named = config.getoption("keyword") or any("::" in argument for argument in config.args)
    if "EXAMPLES" not in os.environ and not is_named:
        seen = Counter[str]()
        kept, left = [], []
        for item in items:
            name = getattr(item, "originalname", item.name)
            (left if name in LARGER or seen[name] % EVERY.get(name, 1) else kept).append(item)
            seen[name] += 1
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if marker := MARKER_OF_FIXTURE.get(fixture):
                item.add_marker(marker)
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the reranker read only in tests about what it adds, before any fixture or process opens an index.

    Reading takes half a second of the processor for each question.
    """
    os.environ["RERANKER"] = "auto" if item.get_closest_marker("reranked") else "none"
    os.environ.pop("READER", None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    """A Milvus server, not for longer than a module."""
    from support.milvus import Milvus

    started = Milvus(tmp_path_factory.mktemp("milvus")).start()
    yield started
    started.kill()


@pytest.fixture(params=["folder", pytest.param("milvus", marks=pytest.mark.server)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A location without an index, of each kind of store."""
    if request.param == "folder":
        return tmp_path / "index"
    address: str = request.getfixturevalue("server").address(next(_LIBRARIES))
    return address


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An empty bucket of an S3 server on this machine, which processes that are started meanwhile find too."""
    import httpx
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.post(f"http://{host}:{port}/moto-api/reset")  # what another module's server held is kept by the process
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "reader")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("press")
        yield "s3://press"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()
