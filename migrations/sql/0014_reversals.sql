-- Giving credits back, and asking a second person.
select 1;
