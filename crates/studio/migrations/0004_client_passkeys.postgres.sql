alter table client_passkeys enable row level security;
alter table client_passkeys force row level security;
create policy of_chain on client_passkeys
    using (chain_id = nullif(nullif(current_setting('hairline.chain', true), ''), 'system')::uuid);
create policy of_system on client_passkeys using (current_setting('hairline.chain', true) = 'system');
