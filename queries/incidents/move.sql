-- Moves a batch on: queue, pause, resume, cancel or retry; says whether it could be.
select move_incident_batch(cast(:batch_id as uuid), cast(:act as text)) as moved;
