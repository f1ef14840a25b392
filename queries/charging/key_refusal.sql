-- Why a key may not move that many credits now; null when it may. Locks the key.
select key_refusal(cast(:api_key_id as uuid), cast(:credits as numeric), cast(:now as timestamptz)) as outcome;
