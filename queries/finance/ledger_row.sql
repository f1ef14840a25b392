-- One ledger row with the price and the rule it was charged by.
-- Beyond the price's threshold its high-context prices hold; a missing cache price means the input price.
with

charged as (
    select
        usage.*,
        coalesce(
            usage.input_tokens + usage.cached_input_tokens + usage.cache_write_tokens > price.context_threshold_tokens,
            false
        ) as is_high
    from token_usage_ledger as usage
    left join model_provider_pricing as price on price.id = usage.price_id
    where usage.user_id = :customer_id and usage.request_id = :request_id
)

select
    charged.user_id as customer_id,
    charged.request_id,
    charged.external_id,
    users.name as customer,
    providers.name as provider,
    providers.display_name as provider_title,
    charged.model_id as model,
    charged.service,
    charged.user_tier_at_request as tier,
    tier.display_name as tier_title,
    charged.request_type,
    charged.status,
    charged.key_mode,
    charged.cost_status,
    charged.request_started_at as started_at,
    charged.processing_time_ms,
    charged.created_at as posted_at,
    charged.accounted_at,
    charged.input_tokens,
    charged.cached_input_tokens,
    charged.cache_write_tokens,
    charged.output_tokens,
    case when charged.is_high then price.input_price_per_1k_high_context else price.input_price_per_1k end as input_price_usd,
    case
        when charged.is_high then coalesce(price.cache_read_price_per_1k_high_context, price.input_price_per_1k_high_context)
        else coalesce(price.cache_hit_price_per_1k, price.input_price_per_1k)
    end as cached_price_usd,
    case
        when charged.is_high then coalesce(price.cache_write_price_per_1k_high_context, price.input_price_per_1k_high_context)
        else coalesce(price.cache_input_price_per_1k, price.input_price_per_1k)
    end as written_price_usd,
    case when charged.is_high then price.output_price_per_1k_high_context else price.output_price_per_1k end as output_price_usd,
    charged.is_high as is_high_context,
    price.effective_from as price_from,
    price.source as price_source,
    charged.vendor_cost as vendor_cost_usd,
    charged.multiplier_scope,
    charged.margin_multiplier as multiplier,
    charged.credit_value_usd,
    charged.unit_usd,
    charged.increment,
    charged.credits_due,
    charged.credits_deducted,
    charged.credits_uncovered,
    charged.rounding_gain_usd,
    charged.credits_deducted * charged.unit_usd as list_revenue_usd,
    charged.realised_revenue_usd,
    charged.deduction_seq,
    entry.balance_before,
    entry.balance_after
from charged
join users on users.id = charged.user_id
join providers on providers.id = charged.provider_id
join tier on tier.name = charged.user_tier_at_request
left join model_provider_pricing as price on price.id = charged.price_id
left join credit_deduction_ledger as entry on entry.user_id = charged.user_id and entry.seq = charged.deduction_seq;
