"""Faults in how credits are given back."""

from tests.faults.fault import Function, fault

STORIES = "machine/test_stories.py::test_"

GIVING_BACK = (
    fault(
        "a reversal can be reversed",
        f"{STORIES}neither_a_grant_nor_a_reversal_nor_an_expiry_is_reversed",
        Function("reverse_entry", "v_entry.amount >= 0 or v_entry.reason not in", "false and v_entry.reason not in"),
    ),
    fault(
        "more can be given back than is left",
        f"{STORIES}nothing_is_given_back_twice_or_beyond_what_was_taken",
        Function(
            "reverse_entry",
            "when v_amount > v_receipt.credits_left then 'more_than_left'",
            "when false then 'more_than_left'",
        ),
    ),
    fault(
        "what was given back before is forgotten",
        f"{STORIES}nothing_is_given_back_twice_or_beyond_what_was_taken",
        Function("reversible_draws", "reversal.reverses_seq = p_seq", "false"),
    ),
    fault(
        "credits go back into a grant that has expired",
        f"{STORIES}what_came_from_an_expired_grant_comes_back_as_another_one",
        Function(
            "reverse_entry",
            "v_source.expires_at <= v_now or v_source.expiry_posted_at is not null",
            "v_source.expiry_posted_at is not null",
        ),
    ),
    fault(
        "the first source drawn gets its credits back first",
        f"{STORIES}what_came_from_an_expired_grant_comes_back_as_another_one",
        Function("reverse_entry", "order by draw.position desc", "order by draw.position"),
    ),
)
