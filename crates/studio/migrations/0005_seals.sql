-- Seals of the history: each over the events of a stretch of time, following the one before it. Rows are only added.
create table seals (
    chain_id uuid not null references chains (id),
    -- From 1, without a gap.
    number bigint not null,
    -- It is over the events whose ids were made before this instant, and not before that of the seal before it.
    until_us bigint not null,
    events bigint not null,
    root bytea not null,
    -- Hash of the seal before it.
    previous bytea not null,
    mac bytea not null,
    primary key (chain_id, number)
);
