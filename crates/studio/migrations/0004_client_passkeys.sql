-- Public keys of clients' passkeys (WebAuthn); those of the staff are in passkeys.
create table client_passkeys (
    credential_id bytea primary key,
    chain_id uuid not null references chains (id),
    client_id uuid not null references clients (id),
    -- What its owner calls it.
    name text not null,
    -- The public key and what else the next sign-in is checked against.
    credential bytea not null,
    made_us bigint not null,
    used_us bigint
);
create index client_passkeys_by_client on client_passkeys (client_id);
