-- Charges the requests that wait for the database at the same moment: one statement and one commit for all
-- of them, each charged by charge_reported as if it had come alone, one after the other in the order given.
-- It waits for nobody: whose balance another transaction holds, or who has none yet, is not charged here but
-- answered `busy`, and is to be charged alone. So no one customer keeps the others waiting, and two of these
-- cannot wait for each other in a circle.
create function charge_together(p_events jsonb, p_api_keys uuid[], p_moments timestamptz[])
returns table (place integer, receipt charge_receipt, over_monthly_cap boolean)
language plpgsql as $$
declare
    v_customers uuid[];
    v_free uuid[];
    v_reported record;
begin
    v_customers := array(
        select customer_named(event.value ->> 'customer')
        from jsonb_array_elements(p_events) with ordinality as event
        order by event.ordinality
    );
    v_free := array(
        select user_id
        from user_credit_balance
        where user_id = any(v_customers)
        order by user_id
        for no key update skip locked
    );
    for v_place in 1 .. cardinality(v_customers) loop
        place := v_place;
        receipt := null;
        over_monthly_cap := null;
        if v_customers[v_place] = any(v_free) then
            v_reported := charge_reported(p_events -> v_place - 1, p_api_keys[v_place], p_moments[v_place]);
            receipt := v_reported.receipt;
            over_monthly_cap := v_reported.over_monthly_cap;
        else
            receipt.outcome := 'busy';
        end if;
        return next;
    end loop;
end
$$;

grant execute on function charge_together to ledgerline_app;
