-- Erases a customer as an approved request says.
select
    outcome,
    coalesce(notes, 0) as notes,
    coalesce(usage_details, 0) as usage_details,
    coalesce(rejects, 0) as rejects,
    coalesce(answers, 0) as answers,
    coalesce(deliveries, 0) as deliveries,
    coalesce(reasons, 0) as reasons
from erase_customer(:user_id, :request_id);
