"""Every setting: its value, and where it comes from. One settings file, `according.toml`, can give them.

What is given on the command line comes first, then the environment, then the file, then the default. Commands read the
environment; `applied` puts what the file gives into it, where the environment has nothing, while a command runs.
"""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import InputError

FILE, NAMED = "according.toml", "ACCORDING_CONFIG"
HIDDEN = "(set, not shown)"
Value = str | int | bool | None


@dataclass(frozen=True)
class Setting:
    """Something that can be set.

    Attributes:
        key: in the file, and in what `according config` prints.
        variable: of the environment.
        option: of the command line, with the commands that take it; empty if there is none.
        default: what holds if nothing is set, in words.
        kind: what the file may give: str, int, bool (a variable that is "1") or list (of texts, joined by commas).
        secret: whether the value is never shown.
        also: another variable that is read if this one is not set, as some places that run the app set it.
    """

    key: str
    variable: str
    option: str
    default: str
    kind: type = str
    secret: bool = False
    also: str = ""


SETTINGS = (
    Setting("index", "INDEX", "serve --index", "index"),
    Setting("host", "HOST", "serve --host", "127.0.0.1", also="GRADIO_SERVER_NAME"),
    Setting("port", "PORT", "serve --port", "the first free one from 7860", int),
    Setting("auth", "AUTH", "serve --auth", "none", secret=True),
    Setting("no_auth", "NO_AUTH", "serve --no-auth", "no", bool),
    Setting("trusted_proxies", "TRUSTED_PROXIES", "serve --trusted-proxy", "none", list),
    Setting("allow_add", "ALLOW_ADD", "serve --allow-add", "no", bool),
    Setting("mcp", "MCP", "serve --mcp", "no", bool),
    Setting("metrics", "METRICS", "serve --metrics", "no", bool),
    Setting("metrics_token", "METRICS_TOKEN", "serve --metrics-token", "none", secret=True),
    Setting("log_format", "LOG_FORMAT", "serve --log-format", "text"),
    Setting("log_questions", "LOG_QUESTIONS", "serve --log-questions", "no", bool),
    Setting("reranker", "RERANKER", "--reranker, --no-rerank", "the one of according[rerank], if installed"),
    Setting("reader", "READER", "--reader", "none"),
    Setting("milvus_token", "MILVUS_TOKEN", "", "none", secret=True),
    Setting("ray_address", "RAY_ADDRESS", "build --engine ray", "a cluster on this machine"),
)
MAX_SHOWN_CHARS = 200  # of a mistake
_BY_KEY = {setting.key: setting for setting in SETTINGS}
_WHO = ("AUTH", "NO_AUTH")  # the environment's answer to who may connect replaces the file's as a whole


@dataclass(frozen=True)
class Shown:
    """A setting with its value.

    Attributes:
        key: of the setting.
        value: in words; HIDDEN for a secret that is set.
        source: "default", "environment: HOST", "according.toml", "saved in the index", "command line".
        set_with: how it can be set: option, variable, key of the file.
    """

    key: str
    value: str
    source: str
    set_with: str


def file_in_use() -> Path | None:
    """Return the settings file: the one that $ACCORDING_CONFIG names, else `according.toml` here; None without any.

    Raises:
        InputError: the one that is named does not exist, or the one here is another user's.
    """
    if named := os.environ.get(NAMED):
        if not Path(named).is_file():
            raise InputError(f"{named}: no such file; ${NAMED} names it as the file of settings")
        return Path(named)
    here = Path(FILE)
    if not here.is_file():
        return None
    if hasattr(os, "getuid") and here.stat().st_uid not in (os.getuid(), 0):  # who may write here may not decide this
        raise InputError(f"{here.resolve()} belongs to another user; to use its settings, name it in ${NAMED}")
    return here


def read(path: Path) -> dict[str, str]:
    """Return what a settings file gives, as the environment would have it, by variable.

    Raises:
        InputError: it cannot be read, or has an unknown key, or a value of the wrong kind; the message says what to do.
    """
    from rag.provenance import user_toml  # here, as most commands have no such file

    text = user_toml.read_text(path)
    try:
        given = user_toml.loads(text)
    except InputError as error:
        raise InputError(f"{path}: not TOML ({error}); docs/settings.md has an example") from error
    for key in given:
        if key not in _BY_KEY:
            near = difflib.get_close_matches(key.lower().replace("-", "_"), _BY_KEY, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_BY_KEY)}"
            raise InputError(f"{path}: there is no setting {_shortened(key)}; {hint}")
    if given.get("auth") and given.get("no_auth"):
        raise InputError(f"{path}: it gives both auth and no_auth; delete one of them")
    return {_BY_KEY[key].variable: _as_variable(path, _BY_KEY[key], value) for key, value in given.items()}


def _as_variable(path: Path, setting: Setting, value: object) -> str:
    names = {str: "a text in quotes", int: "a whole number", bool: "true or false", list: "a list of texts"}
    fits = type(value) is setting.kind and (not isinstance(value, list) or all(type(one) is str for one in value))
    text = (
        ",".join(map(str, value))
        if isinstance(value, list)
        else str(int(value))
        if isinstance(value, bool)
        else str(value)
    )
    if not fits or "\0" in text:
        shown = "has" if setting.secret else f"is {_shortened(value)}, and has"
        raise InputError(f"{path}: {setting.key} {shown} to be {names[setting.kind]}")
    return text


def _shortened(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= MAX_SHOWN_CHARS else f"{shown[:MAX_SHOWN_CHARS]} ..."


def _not_set(given: Mapping[str, str]) -> dict[str, str]:
    """Return of what a file gives that to which the environment says nothing."""
    decided = os.environ.get("AUTH") or os.environ.get("NO_AUTH") == "1"  # NO_AUTH=0 takes no sign-in away
    who = _WHO if decided else ()
    return {name: value for name, value in given.items() if not _in_environment(name) and name not in who}


def _in_environment(variable: str) -> str | None:
    """Return the variable that sets a setting, by its first one; None if neither is set."""
    setting = next(setting for setting in SETTINGS if setting.variable == variable)
    return next((name for name in (setting.variable, setting.also) if name and os.environ.get(name)), None)


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Let the environment have what the settings file gives, where it has nothing itself.

    Raises:
        InputError: see `file_in_use` and `read`.
    """
    path = file_in_use()
    added = _not_set(read(path)) if path else {}
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def shown() -> list[Shown]:
    """Return every setting of SETTINGS with its value and where that is from; to be called outside of `applied`.

    Raises:
        InputError: see `file_in_use` and `read`.
    """
    path = file_in_use()
    given = _not_set(read(path)) if path else {}
    return [_shown(setting, given, path) for setting in SETTINGS]


def _shown(setting: Setting, given: Mapping[str, str], path: Path | None) -> Shown:
    if setting.variable in given:
        value, source = given[setting.variable], str(path)
    elif name := _in_environment(setting.variable):
        value, source = os.environ[name], f"environment: {name}"
    else:
        value, source = "", "default"
    if setting.kind is bool:
        words = "yes" if value == "1" else "no"
    else:
        words = (HIDDEN if setting.secret else value) or setting.default if value else setting.default
    set_with = ", ".join(filter(None, (setting.option, f"${setting.variable}", f"{setting.key} in {FILE}")))
    return Shown(setting.key, words, source, set_with)
