-- Carries over what allowances leave, within the cap of the plan; before their expiry is posted.
select post_rollovers(cast(:now as timestamptz), cast(:grace as interval)) as posted;
