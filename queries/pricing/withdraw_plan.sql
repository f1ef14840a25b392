-- Takes back a version of a tier or of the credit policy that has not begun.
select withdraw_plan(cast(:operator_id as uuid), cast(:request_id as uuid), cast(:reason as text)) as outcome;
