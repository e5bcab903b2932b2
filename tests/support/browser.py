"""Print the path of a Chromium to test with: one that is installed, or else one that this script installs.

.venv/bin/python tests/support/browser.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# First the one without a window, which takes half the processor time for a page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Print the path and return 0; if no browser can be installed, say what to do on stderr and return 1."""
    path = installed() or from_playwright() or from_debian()
    if not path:
        print("tests: no Chromium; install Chromium or Chrome, or set BROWSER_PATH to one", file=sys.stderr)
        return 1
    print(path)
    return 0


def installed() -> str | None:
    """Return $BROWSER_PATH, a browser on the PATH, or the one that Playwright fetched before."""
    given = os.environ.get("BROWSER_PATH")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return given or found or fetched()


def fetched() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def from_playwright() -> str | None:
    """Return the browser of Playwright, if its servers can be reached."""
    print("tests: fetching Chromium with Playwright ...", file=sys.stderr)
    done = run([sys.executable, "-m", "playwright", "install", "chromium"])
    return fetched() if done else None


def from_debian() -> str | None:
    """Return Debian's package, if this is Debian and we may install it."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    print("tests: installing Debian's chromium ...", file=sys.stderr)
    run(["apt-get", "update", "-qq"])
    for package in ("chromium-headless-shell", "chromium"):
        if run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]):
            break
    return next(filter(None, map(shutil.which, NAMES)), None)


def run(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
