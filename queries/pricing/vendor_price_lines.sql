-- What sources say, beside the price each line was compared with; `line_id` asks for one line.
select
    line.id,
    line.origin,
    sync.kind,
    sync.source,
    line.line,
    providers.name as provider,
    providers.display_name as provider_name,
    line.model_name as model,
    line.effective_from,
    line.input_price_per_1k as input_usd,
    line.output_price_per_1k as output_usd,
    line.cache_hit_price_per_1k as cached_usd,
    line.cache_input_price_per_1k as written_usd,
    line.context_threshold_tokens as threshold_tokens,
    line.input_price_per_1k_high_context as high_input_usd,
    line.output_price_per_1k_high_context as high_output_usd,
    line.cache_read_price_per_1k_high_context as high_cached_usd,
    line.cache_write_price_per_1k_high_context as high_written_usd,
    line.is_free,
    line.compared_with,
    line.change_percent_input,
    line.change_percent_output,
    line.change_class,
    line.blocked_reason,
    line.state,
    line.first_seen_at,
    line.seen_at,
    operator.name as decided_by,
    line.decided_at,
    line.decision_reason,
    line.price_id,
    known.input_price_per_1k as known_input_usd,
    known.output_price_per_1k as known_output_usd,
    known.cache_hit_price_per_1k as known_cached_usd,
    known.cache_input_price_per_1k as known_written_usd,
    known.context_threshold_tokens as known_threshold_tokens,
    known.input_price_per_1k_high_context as known_high_input_usd,
    known.output_price_per_1k_high_context as known_high_output_usd,
    known.cache_read_price_per_1k_high_context as known_high_cached_usd,
    known.cache_write_price_per_1k_high_context as known_high_written_usd,
    known.effective_from as known_from,
    known.source as known_source
from price_sync_line as line
join price_sync as sync on sync.id = line.sync_id
join providers on providers.id = line.provider_id
left join operator on operator.id = line.decided_by
left join model_provider_pricing as known on known.id = line.compared_with
where (cast(:line_id as uuid) is null or line.id = cast(:line_id as uuid))
    and (cast(:states as text[]) is null or line.state = any(cast(:states as text[])))
    and (cast(:provider as text) is null or providers.name = cast(:provider as text))
    and (cast(:model as text) is null or line.model_name = cast(:model as text))
order by line.first_seen_at desc, line.origin, providers.name, line.model_name;
