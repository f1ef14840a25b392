-- Posts grants; one whose id is known changes nothing.
select post_grants(cast(:grants as jsonb), cast(:posted_at as timestamptz)) as posted;
