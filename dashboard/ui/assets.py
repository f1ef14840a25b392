"""Addresses of static files that change when the file does, so that browsers may keep them for ever."""

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from flask import current_app, url_for


def asset_url(name: str) -> str:
    """`/static/app.css?v=…`: the hash of the content, computed once per version of the file."""
    path = Path(current_app.static_folder or "") / name
    if not path.is_file():
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_fingerprint(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _fingerprint(path: Path, changed_at: int) -> str:
    del changed_at  # part of the key only
    return blake2b(path.read_bytes(), digest_size=8).hexdigest()
