-- What attacks taught.
select 1;
