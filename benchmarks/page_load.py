"""Measure what the app's page costs in a browser: bytes, first paint, echo of a question, requests, an idle server.

    .venv/bin/python benchmarks/page_load.py --index INDEX [--loads 5] [--idle 20] [--json]

Starts `according serve` on INDEX and opens the page in Chromium with an empty cache each time. Weight is what travels,
compressed as the server sends it. The echo is measured inside the page, from the key press to the frame in which the
question is shown. An idle server has one open page; its share of a core is taken from /proc, so Linux alone has it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

from playwright.sync_api import Browser, sync_playwright
from sessions import serve
from support import browser

ECHO = """() => new Promise(done => {
  const box = document.querySelector("#question textarea");
  let pressed = 0;
  box.addEventListener("keydown", () => (pressed = performance.now()), {once: true});
  new MutationObserver((_, watching) => {
    if (!document.querySelector(".turn")) return;
    watching.disconnect();
    requestAnimationFrame(() => done(performance.now() - pressed));
  }).observe(document.querySelector("#turns"), {childList: true, subtree: true});
})"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", default="index")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20, help="seconds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    path = browser.installed()
    if not path:
        raise SystemExit("no Chromium; `make test` gets one")
    server, url = serve(options.index)
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            loads = [load(opened, url) for _ in range(options.loads)]
            page = opened.new_page()
            page.goto(url)
            page.wait_for_selector("#start p")
            page.wait_for_selector("#start [data-more]", state="detached", timeout=300_000)  # examples are being made
            page.wait_for_timeout(5000)
            idle = busy(server.pid, options.idle)
    finally:
        server.terminate()
        server.wait()
    found: dict[str, Any] = {name: statistics.median(load[name] for load in loads) for name in loads[0]}
    found |= {"outside requests": max(load["outside requests"] for load in loads), "idle share of a core": idle}
    if options.json:
        print(json.dumps(found))
    else:
        print(*(f"{name:<24}{value:10.3f}" for name, value in found.items()), sep="\n")
    return 0


def load(opened: Browser, url: str) -> dict[str, float]:
    """Open the page with an empty cache, ask a question, and return what it cost."""
    context = opened.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    sizes: dict[str, float] = {}
    outside: list[str] = []
    devtools.on("Network.loadingFinished", lambda e: sizes.__setitem__(e["requestId"], e["encodedDataLength"]))
    page.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else outside.append(r.url))
    page.goto(url)
    page.wait_for_selector("body.begun #question textarea")
    page.wait_for_timeout(1500)
    weight, requests = sum(sizes.values()), len(sizes)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.fill("#question textarea", "Who said what about the camp?")
    page.evaluate(f"() => {{ window.echo = ({ECHO})(); }}")
    page.press("#question textarea", "Enter")
    echo = page.evaluate("() => window.echo")
    page.wait_for_selector(".turn:not(.pending)")
    context.close()
    return {
        "kilobytes": weight / 1000, "requests": requests, "first paint, seconds": paint / 1000,
        "echo, milliseconds": echo, "outside requests": len(outside),
    }  # fmt: skip


def busy(pid: int, seconds: float) -> float:
    """Return what share of a core a process uses."""
    before, started = ticks(pid), time.monotonic()
    time.sleep(seconds)
    return (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - started)


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    sys.exit(main())
