-- What the charging engine still lacked.

-- Reporting usage --------------------------------------------------------------------------------

-- Charges one request that a key reports, if that key is in force at this moment: one statement proves
-- the key and charges, so that a revoked key is refused at once. Without a key it only charges.
-- Says also whether the customer is beyond their own monthly cap by now: that refuses nothing.
create function charge_reported(
    p_event jsonb,
    p_api_key uuid default null,
    p_now timestamptz default null,
    out receipt charge_receipt,
    out over_monthly_cap boolean
)
language plpgsql as $$
begin
    if p_api_key is not null then
        perform from api_key
        where id = p_api_key and revoked_at is null and (expires_at is null or expires_at > p_now);
        if not found then
            receipt.outcome := 'revoked_key';
            return;
        end if;
    end if;
    receipt := charge_one(p_event);
    over_monthly_cap := monthly_cap_left(receipt.user_id, receipt.posted_at) < 0;
end
$$;

grant execute on function charge_reported to ledgerline_app;
