"""`flask reverse` and `flask grant`: credits by hand from the shell."""

import pytest
from flask import Flask

from tests.books import ADA, Story, request_id
from tests.importers.files import numbers, run


@pytest.fixture
def story(fresh_app: Flask) -> Story:
    return Story(fresh_app).play("""
        day 0: grant A 100 for $10 until 10
        day 0: grant B 700000 for $0 paid
        day 1: use 120
        day 1: use 600000
    """)


def requests(story: Story) -> list[str]:
    return [str(row[0]) for row in numbers(story.app, "select request_id from token_usage_ledger order by credits_due")]


def test_the_shell_gives_back_a_part_then_the_rest_and_says_where_it_went(story: Story) -> None:
    small, _ = requests(story)
    part = run(story.app, "reverse", ADA.email, small, "--credits", "30.5", "--reason", "goodwill")
    assert part.output.splitlines()[0] == "30.5 credits given back; the balance is 100,010.5."
    assert part.output.splitlines()[-1] == "89.5 credits of it are left to give back."
    rest = run(story.app, "reverse", ADA.user_id, small, "--reason", "other", "--note", "As agreed by telephone")
    assert rest.output.startswith("89.5 credits given back; the balance is 100,100.")
    assert "to a new grant, for the one that has expired" in rest.output
    again = run(story.app, "reverse", ADA.email, small, "--reason", "goodwill")
    assert again.exit_code == 1
    assert again.output == "Error: Everything this entry took has been given back already. Nothing was changed.\n"
    assert story.laws() == {}
    recorded = "select actor_role, verb, reason from audit_log where verb = 'reverse_entry' order by id"
    assert numbers(story.app, recorded) == [("shell", "reverse_entry", "goodwill"), ("shell", "reverse_entry", "other")]


def test_above_the_limit_the_shell_too_waits_for_a_second_person(story: Story) -> None:
    _, large = requests(story)
    asked = run(story.app, "reverse", ADA.email, large, "--reason", "incident")
    assert asked.exit_code == 0
    assert asked.output.startswith("Nothing was changed yet: 600,000 credits are above the limit of 500,000")
    assert numbers(story.app, "select state, requested_by from approval_request") == [("pending", None)]
    assert "→ 99980:" in story.ledger().splitlines()[-1]


def test_the_shell_grants_and_is_told_what_cannot_be(story: Story) -> None:
    granted = run(
        story.app, "grant", ADA.email, "12.5", "--reason", "contract", "--paid-usd", "9", "--expires-in-days", "30"
    )
    assert granted.output == "12.5 credits granted; the balance is 99,992.5.\n"
    assert numbers(
        story.app, "select category, paid_usd::int from user_credit_source where source = 'admin_grant'"
    ) == [("paid", 9)]
    for arguments, refusal in (
        (("grant", "nobody@example.com", "1", "--reason", "test"), "There is no such customer. Nothing was changed."),
        (("grant", ADA.email, "0", "--reason", "test"), "Give a number of credits above zero"),
        (("grant", ADA.email, "1", "--reason", "other"), "Say in a note what the reason is."),
        (("grant", ADA.email, "many", "--reason", "test"), "“many” is not a number of credits"),
        (("reverse", ADA.email, request_id(999_999), "--reason", "goodwill"), "This customer has no such entry."),
    ):
        refused = run(story.app, *arguments)
        assert refused.exit_code != 0
        assert refusal in refused.output
    assert story.laws() == {}
