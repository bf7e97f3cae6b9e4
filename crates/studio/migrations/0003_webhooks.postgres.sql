alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy of_chain on webhooks
    using (chain_id = nullif(nullif(current_setting('hairline.chain', true), ''), 'system')::uuid);
create policy of_system on webhooks using (current_setting('hairline.chain', true) = 'system');

-- A transaction sees and writes the rows of its own chain alone (policies above); these references would have every
-- booking lock the one row of the chain as well.
alter table appointments drop constraint appointments_chain_id_fkey;
alter table claims drop constraint claims_chain_id_fkey;
alter table resource_days drop constraint resource_days_chain_id_fkey;
alter table events drop constraint events_chain_id_fkey;
alter table jobs drop constraint jobs_chain_id_fkey;
alter table idempotency drop constraint idempotency_chain_id_fkey;
alter table holders drop constraint holders_chain_id_fkey;
alter table clients drop constraint clients_chain_id_fkey;
alter table client_words drop constraint client_words_chain_id_fkey;
