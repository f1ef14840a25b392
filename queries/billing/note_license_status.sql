-- Moves a licence to another state, from an instant on.
select note_license_status(
    :user_id, :license_id, :status, cast(:at as timestamptz), cast(:cause as text), cast(:approval_id as uuid)
)::text as noted;
