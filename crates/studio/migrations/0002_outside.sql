-- Calendars kept elsewhere, by which a practitioner is busy. The address is a secret of its owner and is kept sealed.
create table outside_calendars (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    staff_id uuid not null references staff (id),
    wrapped_key bytea not null,
    sealed bytea not null,
    made_us bigint not null,
    -- When it was last read, and asked for.
    read_us bigint,
    tried_us bigint,
    -- Busy stretches that were read.
    busy bigint not null default 0,
    -- Why the last try gave nothing, in a sentence.
    failed text
);
create index outside_calendars_staff on outside_calendars (staff_id);
