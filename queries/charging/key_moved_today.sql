-- What a key has moved since midnight UTC, in or out.
select key_moved_today(cast(:api_key_id as uuid), cast(:now as timestamptz)) as credits;
