-- The allowances granted already for periods that touch [since, until).
select
    allocation.subscription_id,
    allocation.allocation_period_start as period_start
from credit_allocation as allocation
where allocation.allocation_period_start < cast(:until as timestamptz)
    and allocation.allocation_period_end > cast(:since as timestamptz);
