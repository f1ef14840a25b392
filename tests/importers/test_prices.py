import json
from pathlib import Path

import pytest
from flask import Flask

from tests.importers.files import PRICES, books, numbers, run

HEADER = "provider,model,input_price_per_1k,output_price_per_1k"
HISTORY = (
    "select model_name, input_price_per_1k::text, effective_from::date::text, effective_until is null, "
    "price_change_percent_input::text from model_provider_pricing order by model_name, effective_from"
)


def prices_file(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_first_list_holds_from_2000(fresh_app: Flask, tmp_path: Path) -> None:
    said = run(fresh_app, "import-prices", "--format", "csv", prices_file(tmp_path, "openai,gpt-4o,0.005,0.015"))
    assert "new        openai/gpt-4o: 0.0050000000 in, 0.0150000000 out USD per 1,000 from 2000-01-01" in said.output
    assert "1 new, 0 changed, 0 unchanged, 0 refused." in said.output
    assert numbers(fresh_app, HISTORY) == [("gpt-4o", "0.0050000000", "2000-01-01", True, None)]


def test_a_changed_price_closes_the_old_one_and_names_the_change(fresh_app: Flask, tmp_path: Path) -> None:
    run(fresh_app, "import-prices", "--format", "csv", prices_file(tmp_path, "openai,gpt-4o,0.005,0.015"))
    said = run(fresh_app, "import-prices", "--format", "csv", prices_file(tmp_path, "openai,gpt-4o,0.0025,0.015"))
    assert "was 0.0050000000 in, 0.0150000000 out USD per 1,000 (in -50.00%, out +0.00%)" in said.output
    old, new = numbers(fresh_app, HISTORY)
    assert (old[3], new[3], new[4]) == (False, True, "-50.0000")


def test_the_same_list_again_only_verifies(fresh_app: Flask, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(PRICES)
    verified = "select min(last_verified) from model_provider_pricing"
    run(fresh_app, "import-prices", "--format", "csv", tmp_path / "prices.csv")
    before, history = numbers(fresh_app, verified), numbers(fresh_app, HISTORY)
    said = run(fresh_app, "import-prices", "--format", "csv", tmp_path / "prices.csv")
    assert "0 new, 0 changed, 2 unchanged, 0 refused." in said.output
    assert numbers(fresh_app, HISTORY) == history
    assert numbers(fresh_app, verified) != before


def test_a_slip_of_units_is_refused_and_the_rest_applied(fresh_app: Flask, tmp_path: Path) -> None:
    run(fresh_app, "import-prices", "--format", "csv", prices_file(tmp_path, "openai,gpt-4o,0.005,0.015"))
    file = prices_file(tmp_path, "openai,gpt-4o,5,15", "openai,gpt-5,0.00125,0.01", "acme,x,0.1,0.1")
    said = run(fresh_app, "import-prices", "--format", "csv", file)
    assert "refused    line 2: 5.0000000000 USD per 1,000 input tokens is 1,000 times more" in said.output
    assert "refused    line 4: no provider is called “acme”" in said.output
    assert "1 new, 0 changed, 0 unchanged, 2 refused." in said.output


def test_a_dated_history_may_come_in_one_file(fresh_app: Flask, tmp_path: Path) -> None:
    file = prices_file(
        tmp_path,
        "openai,gpt-4o,0.0025,0.01,2026-09-01",
        "openai,gpt-4o,0.005,0.015,2026-01-01",
        header=f"{HEADER},effective_from",
    )
    for _ in range(2):
        run(fresh_app, "import-prices", "--format", "csv", file)
        assert numbers(fresh_app, HISTORY) == [
            ("gpt-4o", "0.0050000000", "2026-01-01", False, None),
            ("gpt-4o", "0.0025000000", "2026-09-01", True, "-50.0000"),
        ]


def test_litellms_list_is_taken_by_its_rules(fresh_app: Flask, tmp_path: Path) -> None:
    per_token = {"input_cost_per_token": 0.00000125, "output_cost_per_token": 0.00001}
    entries = {
        "sample_spec": {"litellm_provider": "one of many", "input_cost_per_token": 0.0},
        "gpt-5": {**per_token, "litellm_provider": "openai"},
        "gemini/gemini-2.5-pro": {
            **per_token,
            "litellm_provider": "gemini",
            "input_cost_per_token_above_200k_tokens": 0.0000025,
        },
        "gemini-2.5-pro": {**per_token, "litellm_provider": "vertex_ai-language-models"},
        "ollama/llama3": {"litellm_provider": "ollama", "input_cost_per_token": 0, "output_cost_per_token": 0},
    }
    (tmp_path / "litellm.json").write_text(json.dumps(entries))
    said = run(fresh_app, "import-prices", "--format", "litellm", tmp_path / "litellm.json")
    assert "3 new, 0 changed, 0 unchanged, 0 refused." in said.output
    assert "skipped    2 entries of providers not kept here" in said.output
    found = numbers(
        fresh_app,
        "select model_name, input_price_per_1k::text, context_threshold_tokens, input_price_per_1k_high_context::text, is_free "
        "from model_provider_pricing order by 1",
    )
    assert found == [
        ("gemini-2.5-pro", "0.0012500000", 200_000, "0.0025000000", False),
        ("gpt-5", "0.0012500000", None, None, False),
        ("llama3", "0.0000000000", None, None, True),
    ]


@pytest.mark.parametrize(
    ("form", "body", "reason"),
    [
        ("litellm", "", "is empty"),
        ("litellm", "[1, 2]", "is not a LiteLLM price list"),
        ("litellm", '{"m": {"input_cost_per_token": NaN}}', "NaN is not a price"),
        ("litellm", "{" * 100_000, "is not JSON"),
        ("csv", "model,price\nx,1\n", "missing provider"),
        ("csv", "", "is empty"),
        ("csv", f"{HEADER}\n" + "openai,x,1,1\n" * 20_001, "has more than 20,000 lines"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_whole(
    app: Flask, tmp_path: Path, form: str, body: str, reason: str
) -> None:
    before = books(app)
    (tmp_path / "list").write_text(body)
    said = run(app, "import-prices", "--format", form, tmp_path / "list")
    assert (said.exit_code, reason in said.output) == (2, True)
    assert books(app) == before


def test_names_and_amounts_that_would_break_a_terminal_or_the_memory_are_refused(
    fresh_app: Flask, tmp_path: Path
) -> None:
    entry = '{"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": %s, "output_cost_per_token": 1e-6}'
    named = {"a\\ud800b": "1e-6", "c\\u0000d": "1e-6", "tiny": "1e-99999999999", "huge": "1e99999999999"}
    path = tmp_path / "list.json"
    path.write_text("{" + ", ".join(f'"{name}": {entry % cost}' for name, cost in named.items()) + "}")
    said = run(fresh_app, "import-prices", "--format", "litellm", path)
    assert said.exit_code == 0
    assert "0 new, 0 changed, 0 unchanged, 4 refused." in said.output
    assert numbers(fresh_app, HISTORY) == []


def test_the_shell_refuses_what_the_pages_refuse(fresh_app: Flask, tmp_path: Path) -> None:
    far = prices_file(
        tmp_path,
        "openai,a,1e9999,0.1,",
        "openai,b,0.1,0.1,2226-01-01",
        "openai,c,0.1,0.1,2026-01-01",
        header=f"{HEADER},effective_from",
    )
    said = run(fresh_app, "import-prices", "--format", "csv", far)
    assert "refused    line 2: input_price_per_1k:" in said.output
    assert "refused    line 3: effective_from: is 2226-01-01, more than 5 years ahead" in said.output
    assert "1 new, 0 changed, 0 unchanged, 2 refused." in said.output
    entry = '{"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": %s, "output_cost_per_token": 1e-6}'
    twice = tmp_path / "twice.json"
    twice.write_text(f'{{"m": {entry % "1e-6"}, "m": {entry % "2e-6"}, "huge": {entry % "1e9999"}}}')
    said = run(fresh_app, "import-prices", "--format", "litellm", twice)
    assert "m, m say different prices of openai/m; none was taken" in said.output
    assert "0 new, 0 changed, 0 unchanged, 3 refused." in said.output


def test_a_list_may_be_filed_for_a_person_to_decide(fresh_app: Flask, tmp_path: Path) -> None:
    run(fresh_app, "import-prices", "--format", "csv", prices_file(tmp_path, "openai,gpt-4o,0.005,0.015"))
    file = prices_file(tmp_path, "openai,gpt-4o,0.004,0.015", "openai,gpt-5,5,15", "openai,o3,,0.1")
    said = run(fresh_app, "import-prices", "--format", "csv", "--propose", file)
    assert "refused    line 4: input_price_per_1k: is missing" in said.output
    assert "1 differences wait under Vendor prices, 0 unchanged, 1 blocked. No price was changed." in said.output
    assert len(numbers(fresh_app, HISTORY)) == 1


def test_usage_priced_late_is_corrected_from_the_shell(app: Flask) -> None:
    said = run(app, "correct-usage", "openai", "never-used", "--reason", "Priced late")
    assert "0 requests corrected" in said.output
    assert "No price was changed." in run(app, "compare-prices").output
