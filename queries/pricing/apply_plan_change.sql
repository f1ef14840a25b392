-- Carries out what an approved request to change a plan says, once.
select
    done.outcome,
    done.tier,
    done.effective_from
from apply_plan_change(cast(:request_id as uuid)) as done;
