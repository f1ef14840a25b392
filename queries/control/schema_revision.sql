-- Which server this is, and to which revision its schema was migrated.
select
    (select max(version_num)::text from alembic_version) as revision,
    current_setting('server_version') as server_version,
    current_database()::text as database,
    current_user::text as role;
