-- Background work, outgoing webhooks and key rotation.
select 1;
