-- Charges a batch of requests, each all or nothing and once per request.
select
    charged.position,
    charged.outcome,
    charged.credits_due,
    charged.credits_deducted,
    charged.credits_uncovered,
    charged.cost_status,
    charged.multiplier_scope
from charge_usage(
    cast(:events as jsonb), cast(:simulated as boolean), cast(:import_run_id as uuid)
) as charged;
