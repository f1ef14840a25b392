-- Each coupon of credits has its one grant, and each grant of a coupon its redemption; what was taken back
-- stands in the ledger as a claw-back, at most what was given. What was granted under that name before there
-- were coupons here has none.
select
    format('redemption %s-%s', coalesce(redemption.user_id, source.user_id), coalesce(redemption.id, source.id)) as object,
    format('gave %s credits; the grant says %s', trim_scale(redemption.credits), trim_scale(source.granted)) as detail
from (
    select user_id, id, credits from coupon_redemption where redemption_status = 'success' and credits > 0
) as redemption
full join (
    select user_id, id, granted
    from user_credit_source
    where source = 'coupon_promotion'
        and origin like 'Coupon %'
        and created_at >= (select min(created_at) from coupon)
) as source on source.user_id = redemption.user_id and source.id = redemption.id
where redemption.credits is distinct from source.granted
union all
select
    format('reversal %s-%s', reversal.user_id, reversal.id),
    format(
        'took %s of %s credits back; the ledger says %s', trim_scale(-reversal.credits), trim_scale(redemption.credits),
        trim_scale(entry.amount)
    )
from coupon_redemption as reversal
left join coupon_redemption as redemption on redemption.user_id = reversal.user_id and redemption.id = reversal.reverses_id
left join credit_deduction_ledger as entry on entry.user_id = reversal.user_id and entry.seq = reversal.clawback_seq
where reversal.redemption_status = 'reversed'
    and (
        redemption.id is null
        or -reversal.credits > redemption.credits
        or reversal.credits is distinct from coalesce(entry.amount, 0)
        or (entry.seq is not null and entry.reason <> 'clawback')
    );
