-- An entry as a reversal finds it, by its number or by the request it charged: what it took, what was
-- given back, what is left to give back, and what a claw-back took for good.
select
    entry.seq,
    entry.reason,
    entry.amount,
    coalesce(returned.reversed_before, 0) as reversed_before,
    coalesce(drawn.credits_left, 0) as credits_left,
    coalesce(drawn.credits_lost, 0) as credits_lost
from credit_deduction_ledger as entry
cross join lateral (
    select max(reversal.reversed_after) as reversed_before
    from credit_deduction_ledger as reversal
    where reversal.user_id = entry.user_id and reversal.reverses_seq = entry.seq
) as returned
cross join lateral (
    select
        sum(draw.credits - draw.returned) filter (where not draw.is_clawed_back) as credits_left,
        sum(draw.credits - draw.returned) filter (where draw.is_clawed_back) as credits_lost
    from reversible_draws(entry.user_id, entry.seq) as draw
) as drawn
where entry.user_id = cast(:user_id as uuid)
    and (
        entry.seq = cast(:seq as bigint)
        or (entry.request_id = cast(:request_id as uuid) and entry.reason in ('usage', 'deduct'))
    );
