alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy of_chain on webhooks
    using (chain_id = nullif(nullif(current_setting('hairline.chain', true), ''), 'system')::uuid);
create policy of_system on webhooks using (current_setting('hairline.chain', true) = 'system');
