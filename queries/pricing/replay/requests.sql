-- How many requests a window holds, by the days it touches: for the progress of a replay.
select coalesce(sum(requests), 0)::bigint as requests
from usage_daily
where day >= (cast(:start as timestamptz) at time zone 'UTC')::date
    and day <= ((cast(:end as timestamptz) - interval '1 microsecond') at time zone 'UTC')::date;
