"""Contested approvals: many approve prices of one scope and overlapping windows at once; one of them does."""

from benchmarks.scratch import Scratch
from benchmarks.storm.company import Connection, found
from benchmarks.storm.contests import contest, said

# Each round has a day of its own, long after the storm; whoever wins leaves the others nothing.
PROPOSALS = """
    with asked as (
        select
            round, racer,
            draft_price_at(
                (select id from operator where email = 'author@storm.test'),
                jsonb_build_object(
                    'scope_type', 'model', 'provider', 'openai', 'model', 'stormy', 'multiplier', '1.6',
                    'reason', 'tier_optimization', 'reason_details', format('%%s/%%s', round, racer),
                    'effective_from', timestamptz '2040-01-01 00:00Z' + round * interval '1 day',
                    'effective_until', timestamptz '2040-01-01 01:00Z' + round * interval '1 day' + racer * interval '1 minute'
                ),
                null, null, null
            ) as drafted
        from generate_series(%(first)s::integer, %(last)s::integer) as round
        cross join generate_series(0, %(racers)s::integer - 1) as racer
    )
    insert into storm_proposal select round, racer, (drafted).config_id from asked
"""
SUBMIT = """
    select count(*)
    from storm_proposal
    cross join lateral submit_price_at((select id from operator where email = 'author@storm.test'), config_id, null) as answer
    where round between %(first)s and %(last)s and answer.outcome <> 'done'
"""
PEOPLE = """
    insert into operator (person_id, email, name, role, status, password_hash)
    select gen_random_uuid(), name || '@storm.test', name, 'admin', 'active', 'x'
    from (select 'author' as name union all select format('racer-%%s', n) from generate_series(0, %(racers)s::integer - 1) as n) as named
"""
# An approval by the application stands in its audit log.
APPROVE = """
    with chosen as (
        select config_id, (select id from operator where email = format('racer-%%s@storm.test', %(racer)s)) as operator_id
        from storm_proposal
        where round = %(round)s and racer = %(racer)s
    ),
    answer as (
        select answer.outcome, chosen.config_id
        from chosen
        cross join lateral approve_price(operator_id, chosen.config_id, price_seen_sha256(chosen.config_id)) as answer
    ),
    line as (
        insert into audit_log (recorded_at, actor_name, actor_role, verb, object_kind, object_id)
        select now(), 'storm', 'admin', 'approve_price', 'pricing_config', config_id::text
        from answer
        where outcome = 'done'
    )
    select outcome from answer
"""


def contested_approvals(own: Scratch, seed: int, rounds: int, racers: int) -> list[str]:
    """Let every racer approve a proposal of their own for the same day at once."""
    found(own, seed, [])
    with own.owner() as owner:
        unsubmitted = _propose(owner, rounds, racers)

    def attempt(connection: Connection, number: int, racer: int) -> str:
        return said(connection, APPROVE, {"round": number, "racer": racer})

    wrong = contest("approvals", own, rounds, racers, attempt, {"done"}, {"overlaps"})
    with own.owner() as owner:
        held = owner.execute(
            "select count(*), count(distinct effective_from) from pricing_configs"
            " where approval_status = 'approved' and effective_from >= '2040-01-01'"
        ).fetchone()
    return [
        *([f"{unsubmitted} proposals could not be submitted"] if unsubmitted else []),
        *([f"{held} prices hold, of {rounds} rounds"] if held != (rounds, rounds) else []),
        *wrong,
    ]


def _propose(owner: Connection, rounds: int, racers: int) -> int:
    """Have one author submit a proposal for every racer of every round; return how many were refused."""
    owner.execute(PEOPLE, {"racers": racers})
    owner.execute(
        "create table storm_proposal (round integer, racer integer, config_id uuid, primary key (round, racer))"
    )
    owner.execute("grant select on storm_proposal to ledgerline_app")
    refused = 0
    for first in range(0, rounds, 50):
        span = {"first": first, "last": min(first + 50, rounds) - 1}
        owner.execute(PROPOSALS, {**span, "racers": racers})
        # Found empty once, they are read whole until somebody looks again.
        owner.execute("analyze pricing_configs, pricing_config_participant, storm_proposal")
        row = owner.execute(SUBMIT, span).fetchone()
        refused += int(row[0]) if row else racers
    return refused
