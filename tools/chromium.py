"""Find a Chromium for the browser tests, installing one where that is possible, and print its path."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".venv" / ".chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_SECONDS = 90
START_SECONDS = 60
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main() -> None:
    """Print the path of a Chromium that starts; end with a clear sentence when there is none."""
    for path in _candidates():
        if _starts(path):
            KEPT.write_text(f"{path}\n", encoding="utf-8")
            print(path)
            return
    sys.exit(
        "The browser tests need Chromium: install it (Debian: apt-get install chromium), "
        "or name one: LEDGERLINE_CHROMIUM=/path/to/chromium make test"
    )


def _candidates() -> Iterator[str]:
    """Yield what there may be, the cheapest first; each next one is only looked for if the last did not start."""
    named = os.environ.get("LEDGERLINE_CHROMIUM")
    if named:
        yield named
        return
    if KEPT.exists():
        yield KEPT.read_text(encoding="utf-8").strip()
    yield from _playwrights_own()
    yield from filter(None, map(shutil.which, NAMES))
    yield from _debians()


def _playwrights_own() -> Iterator[str]:
    print("Looking for a Chromium for the browser tests ...", file=sys.stderr)
    command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
    if not _runs(command, DOWNLOAD_SECONDS):
        print("Playwright's Chromium could not be downloaded; using the system's.", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only once it is known to be of use

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _debians() -> Iterator[str]:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Debian's chromium ...", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _runs(["apt-get", "update", "-qq"], None, environment)
    _runs(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], None, environment)
    yield from filter(None, [shutil.which("chromium")])


def _starts(path: str) -> bool:
    return Path(path).exists() and _runs([path, *QUIET, "--dump-dom", "about:blank"], START_SECONDS)


def _runs(command: list[str], seconds: int | None, environment: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, check=False, timeout=seconds, env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
