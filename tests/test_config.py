"""What the environment may say, and what is refused with a sentence."""

import stat
from pathlib import Path

import pytest

from dashboard.config import CannotStart, Settings


def test_everything_has_a_default_but_the_secret(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 5000, True)
    assert settings.database_url is None
    assert len(settings.secret_key) >= 48


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    second = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_two_installations_never_share_a_secret(tmp_path: Path) -> None:
    keys = {Settings.from_environment({"DATA_DIR": str(tmp_path / name)}).secret_key for name in ("one", "two")}
    assert len(keys) == 2


def test_a_given_secret_is_used_and_not_written(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATA_DIR": str(tmp_path), "SECRET_KEY": "long enough to be one"})
    assert settings.secret_key == "long enough to be one"
    assert not (tmp_path / "secret_key").exists()


def test_a_short_or_emptied_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="shorter than 16"):
        Settings.from_environment({"DATA_DIR": str(tmp_path), "SECRET_KEY": "short"})
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(CannotStart, match="holds no usable key"):
        Settings.from_environment({"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("port", ["0", "65536", "-1", "five", "50 00", "٥"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(CannotStart, match="not a number from 1 to 65535"):
        Settings.from_environment({"DATA_DIR": str(tmp_path), "PORT": port})


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStart, match=r"cannot write to .*/file/data .*set DATA_DIR"):
        Settings.from_environment({"DATA_DIR": str(tmp_path / "file" / "data")})


def test_demo_0_means_no_demo(tmp_path: Path) -> None:
    assert not Settings.from_environment({"DATA_DIR": str(tmp_path), "DEMO": "0"}).demo


@pytest.mark.parametrize(("written", "meant"), [("0", False), ("false", False), ("No", False), ("", True), ("1", True)])
def test_demo_is_said_in_any_of_the_usual_words(tmp_path: Path, written: str, meant: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    assert Settings.from_environment({"DATA_DIR": str(tmp_path), "DEMO": written}).demo is meant


def test_another_word_for_demo_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="it is 1 \\(yes\\) or 0 \\(no\\)"):
        Settings.from_environment({"DATA_DIR": str(tmp_path), "DEMO": "maybe"})
