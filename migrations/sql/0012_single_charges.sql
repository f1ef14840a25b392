-- One request at a time: the hot path.
select 1;
