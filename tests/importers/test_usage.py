import csv
from pathlib import Path

import pytest
from flask import Flask

from tests.importers.files import USAGE_HEADER, books, numbers, open_books, run, usage_file, usage_line


@pytest.fixture
def shop(fresh_app: Flask, tmp_path: Path) -> Flask:
    """Three customers, two prices, no usage yet."""
    open_books(fresh_app, tmp_path)
    return fresh_app


def rejects(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.name}.rejects.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ledger_size(app: Flask) -> int:
    ((found,),) = numbers(app, "select count(*) from token_usage_ledger")
    assert isinstance(found, int)
    return found


def test_a_request_is_rated_charged_and_totalled(shop: Flask, tmp_path: Path) -> None:
    said = run(shop, "import-usage", usage_file(tmp_path, [usage_line(1)]))
    assert said.exit_code == 0
    assert "1 rows read" in said.output
    assert "53.000000 due, 53.000000 deducted, 0.000000 uncovered" in said.output
    row = numbers(shop, "select vendor_cost, credit_value_usd, credits_deducted from token_usage_ledger")[0]
    assert [str(number.normalize()) for number in row] == ["0.035", "0.0525", "53"]  # type: ignore[attr-defined] # all Decimal


def test_the_allowances_of_the_files_time_are_granted_before_it_is_charged(shop: Flask, tmp_path: Path) -> None:
    run(
        shop,
        "import-usage",
        usage_file(tmp_path, [usage_line(1, request_started_at="2026-09-20T10:00:00Z", request_completed_at="")]),
    )
    sources = numbers(
        shop,
        "select users.name, effective_at::date::text, granted::int from user_credit_source join users on users.id = user_id order by 1, 2",
    )
    assert sources == [
        ("Ada Byron", "2026-09-16", 20_000),
        ("Bo Lind", "2026-08-31", 2_000),
        ("Cy Weiss", "2026-09-05", 250_000),
    ]


def test_importing_again_changes_nothing(shop: Flask, tmp_path: Path) -> None:
    lines = [usage_line(number) for number in range(50)] + [usage_line(77, customer_email="nobody@example.com")]
    file = usage_file(tmp_path, lines)
    run(shop, "import-usage", file)
    before = books(shop)
    said = run(shop, "import-usage", file)
    assert "0 recorded, 50 known already" in said.output
    assert books(shop) == before


def test_every_law_holds_after_an_import(shop: Flask, tmp_path: Path) -> None:
    run(shop, "import-usage", usage_file(tmp_path, [usage_line(number) for number in range(50)]))
    assert run(shop, "check").exit_code == 0


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "is empty"),
        ("request_id,customer_email", "missing provider, model"),
        (USAGE_HEADER.replace("input_tokens", "prompt_tokens", 1), "unknown prompt_tokens"),
        (USAGE_HEADER + ",status", "repeated status"),
        (USAGE_HEADER + ",colour", "unknown colour"),
        (USAGE_HEADER.replace(",", ";"), "missing request_id"),
    ],
)
def test_a_file_with_another_header_is_refused_whole(shop: Flask, tmp_path: Path, header: str, reason: str) -> None:
    before = books(shop)
    file = tmp_path / "usage.csv"
    file.write_text(f"{header}\n{usage_line(1)}\n" if header else "")
    said = run(shop, "import-usage", file)
    assert said.exit_code == 2
    assert reason in said.output
    assert "othing was changed" in said.output
    assert books(shop) == before
    assert numbers(shop, "select count(*) from import_run where kind = 'usage'") == [(0,)]


def test_a_file_that_is_not_there_is_refused_in_one_sentence(shop: Flask, tmp_path: Path) -> None:
    said = run(shop, "import-usage", tmp_path / "gone.csv")
    assert said.exit_code == 2
    assert said.output.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_file_in_another_encoding_is_refused(shop: Flask, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(f"{USAGE_HEADER}\n{usage_line(1)}\n".encode(encoding))
    assert run(shop, "import-usage", file).exit_code == 2


def test_byte_order_mark_windows_line_ends_and_blank_lines_are_taken(shop: Flask, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(f"\ufeff{USAGE_HEADER}\r\n{usage_line(1)}\r\n\r\n{usage_line(2)}".encode())
    said = run(shop, "import-usage", file)
    assert "2 recorded" in said.output
    assert "rejected" not in said.output


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"input_tokens": "a lot"}, "bad_value", "input_tokens: is “a lot”, must be a whole number"),
        ({"output_tokens": "-5"}, "bad_value", "output_tokens: is -5, must not be negative"),
        ({"status": "ok"}, "bad_value", "status: is “ok”, must be one of"),
        ({"request_started_at": "today"}, "bad_value", "request_started_at: is “today”"),
        ({"provider": "acme"}, "unknown_provider", "no provider is called “acme”"),
        ({"customer_email": "zoe@example.com"}, "unknown_customer", "no customer is known as “zoe@example.com”"),
        ({"service": "a,b"}, "wrong_columns", "the line has 13 fields, the header 12"),
        ({"service": '"chat'}, "bad_csv", "the line is not CSV"),
    ],
)
def test_a_row_that_cannot_be_taken_is_rejected_with_line_and_reason_and_the_others_land(
    shop: Flask, tmp_path: Path, changes: dict[str, str], code: str, reason: str
) -> None:
    file = usage_file(tmp_path, [usage_line(1), usage_line(2, **changes), usage_line(3)])
    said = run(shop, "import-usage", file)
    assert said.exit_code == 0
    assert "1 rows rejected" in said.output
    (reject,) = rejects(file)
    assert (reject["line"], reject["code"]) == ("3", code)
    assert reason in reject["reason"]
    assert reject["raw"] == usage_line(2, **changes)
    assert ledger_size(shop) == 2


def test_a_line_of_many_megabytes_is_rejected_without_being_held(shop: Flask, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    with file.open("w") as out:
        out.write(f"{USAGE_HEADER}\n{usage_line(1)}\n")
        for _ in range(100):
            out.write("x" * 1_000_000)
        out.write(f"\n{usage_line(2)}\n")
    said = run(shop, "import-usage", file)
    assert "2 recorded" in said.output
    (reject,) = rejects(file)
    assert (reject["line"], reject["code"], len(reject["raw"])) == ("3", "line_too_long", 500)


def test_a_line_that_is_not_utf8_is_rejected_alone(shop: Flask, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(f"{USAGE_HEADER}\n{usage_line(1)}\n".encode() + b"\xff\xfe broken\n" + usage_line(2).encode())
    assert "2 recorded" in run(shop, "import-usage", file).output
    assert rejects(file)[0]["code"] == "not_utf8"


def test_the_same_id_with_another_body_is_rejected_and_the_first_stays(shop: Flask, tmp_path: Path) -> None:
    file = usage_file(tmp_path, [usage_line(1), usage_line(1, output_tokens="9999")])
    run(shop, "import-usage", file)
    (reject,) = rejects(file)
    assert (reject["line"], reject["code"]) == ("3", "conflict")
    assert numbers(shop, "select output_tokens from token_usage_ledger") == [(2000,)]


def test_an_unknown_model_is_written_unpriced_and_nothing_is_deducted(shop: Flask, tmp_path: Path) -> None:
    said = run(shop, "import-usage", usage_file(tmp_path, [usage_line(1, model="brand-new")]))
    assert "1 without a price" in said.output
    found = numbers(shop, "select cost_status, vendor_cost, credits_due::int from token_usage_ledger")
    assert found == [("unpriced", None, 0)]


def test_an_unknown_customers_request_is_kept_once_and_marked_when_it_could_be_taken(
    shop: Flask, tmp_path: Path
) -> None:
    file = usage_file(tmp_path, [usage_line(1, customer_email="zoe@example.com")])
    for _ in range(2):
        run(shop, "import-usage", file)
    kept = "select code, raw->>'customer', repaired_at is null, keep_until - received_at = interval '90 days' from usage_reject"
    assert numbers(shop, kept) == [("unknown_customer", "zoe@example.com", True, True)]
    run(shop, "import-usage", "--create-customers", file)
    assert numbers(shop, kept) == [("unknown_customer", "zoe@example.com", False, True)]


def test_new_senders_become_free_customers_from_their_first_request(shop: Flask, tmp_path: Path) -> None:
    lines = [
        usage_line(
            2, customer_email="Zoe@example.com", request_started_at="2026-09-03T00:00:00Z", request_completed_at=""
        ),
        usage_line(
            1, customer_email="zoe@example.com", request_started_at="2026-09-02T09:00:00Z", request_completed_at=""
        ),
        usage_line(3, customer_email="bad@example.com", input_tokens="-1"),
    ]
    said = run(shop, "import-usage", "--create-customers", usage_file(tmp_path, lines))
    assert "1 customers added" in said.output
    found = numbers(
        shop,
        "select email, tier, billing_cycle, started_at::text, reset_day_of_month::int from users "
        "join subscription_monetization on user_id = users.id where email like '%z%' or email like 'bad%'",
    )
    assert found == [("zoe@example.com", "free", "monthly", "2026-09-02 09:00:00+00", 2)]
    assert numbers(shop, "select sum(credits_uncovered)::int from token_usage_ledger") == [(0,)]


def test_an_id_of_another_kind_is_kept_as_external(shop: Flask, tmp_path: Path) -> None:
    file = usage_file(tmp_path, [usage_line(1, request_id="chatcmpl-77")])
    run(shop, "import-usage", file)
    run(shop, "import-usage", file)
    assert numbers(shop, "select external_id from token_usage_ledger") == [("chatcmpl-77",)]


def test_a_raw_row_that_looks_like_a_formula_is_harmless_in_the_rejects_file(shop: Flask, tmp_path: Path) -> None:
    file = usage_file(tmp_path, ["=cmd()|' /C calc'!A0"])
    run(shop, "import-usage", file)
    assert rejects(file)[0]["raw"].startswith("'=")


def test_the_rejects_file_goes_where_it_is_asked_to(shop: Flask, tmp_path: Path) -> None:
    chosen = tmp_path / "bad rows.csv"
    run(shop, "import-usage", usage_file(tmp_path, ["nonsense"]), "--rejects", chosen)
    assert chosen.read_text().startswith("line,code,reason,raw")


def test_the_run_is_noted_with_its_counts(shop: Flask, tmp_path: Path) -> None:
    run(shop, "import-usage", usage_file(tmp_path, [usage_line(1), usage_line(2), "nonsense"]))
    noted = numbers(
        shop, "select source_name, state, rows_read, accepted, replayed, rejected from import_run where kind = 'usage'"
    )
    assert noted == [("usage.csv", "finished", 3, 2, 0, 1)]


def test_rejects_never_overwrite_the_file_that_is_imported(shop: Flask, tmp_path: Path) -> None:
    path = usage_file(tmp_path, [usage_line(1), usage_line(2, status="lost")])
    kept, before = path.read_bytes(), books(shop)
    said = run(shop, "import-usage", path, "--rejects", path)
    assert said.exit_code == 2
    assert "is the file to import; nothing was changed" in said.output
    assert path.read_bytes() == kept
    assert books(shop) == before


def test_rejects_that_cannot_be_written_are_said_before_anything_is_imported(shop: Flask, tmp_path: Path) -> None:
    path, before = usage_file(tmp_path, [usage_line(1), usage_line(2, status="lost")]), books(shop)
    said = run(shop, "import-usage", path, "--rejects", tmp_path / "nowhere" / "rejects.csv")
    assert said.exit_code == 2
    assert "(No such file or directory); nothing was changed" in said.output
    assert books(shop) == before


def test_a_full_disk_is_said_in_a_sentence_and_the_import_can_be_repeated(shop: Flask, tmp_path: Path) -> None:
    path = usage_file(tmp_path, [usage_line(number, status="lost") for number in range(2_000)])
    said = run(shop, "import-usage", path, "--rejects", "/dev/full")
    assert said.exit_code == 1
    assert "No space left on device" in said.output
    assert "run the same again" in said.output
    assert said.exception is None or isinstance(said.exception, SystemExit)
    assert "2,000 rows rejected" in run(shop, "import-usage", path).output


def test_a_header_cannot_command_the_terminal(shop: Flask, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("\x1b[31mred,\0\n1,2\n", encoding="utf-8")
    said = run(shop, "import-usage", path)
    assert said.exit_code == 2
    assert "\x1b" not in said.output
    assert "\0" not in said.output


def test_a_file_whose_name_cannot_be_kept_is_refused(shop: Flask, tmp_path: Path) -> None:
    path = usage_file(tmp_path, [usage_line(1)], name="\udcff.csv")
    said = run(shop, "import-usage", path)
    assert said.exit_code == 2
    assert "is not UTF-8; rename it" in said.output
