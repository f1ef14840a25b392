-- Submits a draft; refusals write nothing.
select outcome, config_id, at, detail from submit_price(cast(:operator_id as uuid), cast(:config_id as uuid));
