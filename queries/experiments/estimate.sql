-- What one request of an experiment would be due now; null when its model has no price.
select experiment_credits(
    cast(:user_id as uuid), cast(:event as jsonb), cast(:key_mode as text), cast(:now as timestamptz)
) as credits;
