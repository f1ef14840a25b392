"""`flask pricing`: proposals from the shell, in the name of an account; nobody decides there."""

from uuid import UUID

from flask import Flask

from tests.cast import ADAM, ANNA, FIONA, hire
from tests.desk import propose
from tests.importers.files import numbers, run


def test_the_shell_drafts_submits_shows_and_withdraws_in_the_name_of_an_account(fresh_app: Flask) -> None:
    hire(fresh_app, ADAM)
    given = [
        "tier",
        "1.75",
        "--tier",
        "pro",
        "--reason",
        "manual_adjustment",
        "--details",
        "Dearer",
        "--as",
        ADAM.email,
    ]
    drafted = run(fresh_app, "pricing", "draft", *given)
    assert drafted.exit_code == 0, drafted.output
    config_id = drafted.output.split()[2].rstrip(";")
    assert run(fresh_app, "pricing", "submit", config_id, "--as", ADAM.email).output.startswith("Submitted")
    shown = run(fresh_app, "pricing", "show", config_id).output.splitlines()
    assert shown[0] == "PC-0006, pending: tier · pro × 1.75, from its approval"
    assert shown[1] == "Another reason, in the details: Dearer"
    assert [line.split(" UTC  ")[1] for line in shown[2:]] == ["drafted by Adam", "submitted by Adam"]
    assert config_id in run(fresh_app, "pricing", "list").output
    gone = run(fresh_app, "pricing", "withdraw", config_id, "--reason", "A mistake", "--as", ADAM.email)
    assert gone.output == "Withdrawn.\n"
    assert config_id not in run(fresh_app, "pricing", "list").output
    assert config_id in run(fresh_app, "pricing", "list", "--all").output
    assert {row[0] for row in numbers(fresh_app, "select actor_name from audit_log")} == {"Adam (shell)"}


def test_the_shell_cannot_approve_or_reject_a_price(fresh_app: Flask) -> None:
    config_id = str(propose(fresh_app, hire(fresh_app, ADAM)))
    for words in (("approve", config_id), ("reject", config_id, "--reason", "No")):
        refused = run(fresh_app, "pricing", *words)
        assert refused.exit_code == 1
        assert "Only an active account of an admin or an owner may do this. Nothing was changed." in refused.output


def test_what_the_shell_cannot_do_is_said_in_a_sentence(fresh_app: Flask) -> None:
    hire(fresh_app, FIONA)
    hire(fresh_app, ANNA)
    given = ["pricing", "draft", "tier", "0.5", "--tier", "pro", "--reason", "margin_protection", "--as"]
    assert "No account has the e-mail" in run(fresh_app, *given, "nobody@example.com").output
    assert "Only an active account" in run(fresh_app, *given, FIONA.email).output
    drafted = run(fresh_app, *given, ANNA.email)
    config_id = UUID(drafted.output.split()[2].rstrip(";"))
    refused = run(fresh_app, "pricing", "submit", str(config_id), "--as", ANNA.email)
    assert refused.output.splitlines() == [
        "Error: This sells below what it costs us: say that it is meant.",
        "Nothing was changed.",
    ]
    assert "There is no such price" in run(fresh_app, "pricing", "show", str(UUID(int=0))).output
