-- What was said about a proposal, in all of its versions, the oldest first.
select
    comment.id,
    config.version,
    comment.author_name,
    comment.words,
    comment.created_at
from pricing_config_comment as comment
join pricing_configs as config on config.id = comment.config_id
where config.number = :number
order by comment.created_at, comment.id;
