-- Addresses of other programs that are told of visits. Address and signing secret are kept sealed.
create table webhooks (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    -- Of one studio, or of the whole chain.
    studio_id uuid references studios (id),
    wrapped_key bytea not null,
    sealed bytea not null,
    made_us bigint not null
);
