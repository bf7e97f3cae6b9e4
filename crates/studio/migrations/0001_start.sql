-- Both databases read this text: types are uuid, bigint (also yes 1 / no 0, and UTC microseconds `_us`), double precision,
-- text and bytea; SQLite keeps a uuid as its 16 bytes. What health or a person is about stands in sealed columns.

create table chains (
    id uuid primary key,
    name text not null,
    -- The name a browser asks for, where one database serves several chains.
    host text unique,
    -- Raised by every change of studios, staff, rooms, services and hours, so that each process knows when to read them again.
    version bigint not null,
    demo bigint not null,
    -- Rules of booking and gates: JSON.
    settings text not null,
    -- The chain's key, wrapped by the master key: what clients are found by without plain text comes from it.
    wrapped_key bytea not null,
    made_us bigint not null
);

create table studios (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    slug text not null,
    name text not null,
    zone text not null,
    latitude_deg double precision not null,
    longitude_deg double precision not null,
    street text not null,
    postcode text not null,
    city text not null,
    country text not null,
    phone text not null,
    email text not null,
    currency text not null,
    about text not null,
    active bigint not null,
    version bigint not null,
    unique (chain_id, slug)
);

create table staff (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    name text not null,
    email text not null,
    title text not null,
    about text not null,
    -- JSON list of what the person has passed, with who says so and until when.
    credentials text not null,
    practises bigint not null,
    daily_cap_min bigint,
    active bigint not null,
    version bigint not null,
    unique (chain_id, email)
);

create table roles (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    staff_id uuid not null references staff (id),
    -- Nothing: the whole chain.
    studio_id uuid references studios (id),
    role text not null,
    unique (staff_id, studio_id, role)
);

create table rooms (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    name text not null,
    class text not null,
    cleaning_min bigint not null,
    active bigint not null,
    version bigint not null
);

create table services (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    kind text not null,
    name text not null,
    about text not null,
    minutes bigint not null,
    before_min bigint not null,
    after_min bigint not null,
    step text not null,
    notice_min bigint not null,
    horizon_days bigint not null,
    room_class text,
    own_break bigint not null,
    -- Latest minute of the local day at which it may begin.
    latest_start_min bigint,
    public bigint not null,
    price_minor bigint not null,
    active bigint not null,
    version bigint not null
);

create table service_staff (
    service_id uuid not null references services (id),
    staff_id uuid not null references staff (id),
    chain_id uuid not null references chains (id),
    primary key (service_id, staff_id)
);

-- Hours of a studio (resource_id = studio_id) or of a practitioner at a studio: JSON of weeks, breaks and exceptions.
create table hours (
    studio_id uuid not null references studios (id),
    resource_id uuid not null,
    chain_id uuid not null references chains (id),
    hours text not null,
    version bigint not null,
    primary key (studio_id, resource_id)
);

create table clients (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    code text not null unique,
    -- The client's own key, wrapped by the master key; without it nothing below can be read again.
    wrapped_key bytea,
    email_index bytea,
    phone_index bytea,
    -- Name, e-mail, phone, day of birth, notes: JSON under the client's key.
    sealed bytea not null,
    version bigint not null,
    made_us bigint not null
);
create index clients_by_email on clients (chain_id, email_index);
create index clients_by_phone on clients (chain_id, phone_index);

-- Keyed hashes of the beginnings of a client's names, so that a list can be searched without plain text.
create table client_words (
    chain_id uuid not null references chains (id),
    word bytea not null,
    client_id uuid not null references clients (id),
    primary key (chain_id, word, client_id)
);

create table courses (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    -- JSON: the steps with their services and gaps, as they were when booked.
    steps text not null,
    status text not null,
    version bigint not null,
    made_us bigint not null
);
create index courses_by_client on courses (client_id);

create table appointments (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    code text not null unique,
    -- Nothing while held by someone who has not said who they are.
    client_id uuid references clients (id),
    service_id uuid not null references services (id),
    practitioner_id uuid not null references staff (id),
    room_id uuid references rooms (id),
    course_id uuid references courses (id),
    step bigint,
    status text not null check (status in ('hold', 'booked', 'checked_in', 'done', 'no_show', 'cancelled')),
    starts_us bigint not null,
    ends_us bigint not null check (ends_us > starts_us),
    -- What was agreed: the wall clock and its zone; the instants above follow from them by this edition of the zone tables.
    wall text not null,
    zone text not null,
    tzdb text not null,
    expires_us bigint,
    sequence bigint not null,
    version bigint not null,
    price_minor bigint not null,
    made_us bigint not null,
    changed_us bigint not null
);
create index appointments_by_client on appointments (client_id, starts_us);
create index appointments_by_studio on appointments (studio_id, starts_us);
create index appointments_by_practitioner on appointments (practitioner_id, starts_us);
create index appointments_by_course on appointments (course_id);
create index appointments_held on appointments (expires_us) where status = 'hold';

-- Who and what is taken when: appointments and holds with their buffers, leave, maintenance, imported calendars.
-- No claim is longer than 26 hours (longer ones are kept by the day), so that a look-up has two ends.
create table claims (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid references studios (id),
    resource_id uuid not null,
    owner_id uuid not null,
    kind text not null check (kind in ('appointment', 'hold', 'leave', 'maintenance', 'external')),
    -- Visits and holds stand alone (1). Leave, maintenance and imported calendars (0) may lie over visits that still have to
    -- move; nothing new is booked over them.
    exclusive bigint not null,
    starts_us bigint not null,
    ends_us bigint not null check (ends_us > starts_us and ends_us - starts_us <= 93600000000),
    expires_us bigint,
    -- A practitioner's sitting: its local date and its minutes, which count towards the cap of that day.
    sitting_day text,
    sitting_min bigint
);
create index claims_by_resource on claims (resource_id, ends_us, starts_us);
create index claims_by_end on claims (chain_id, ends_us);
create index claims_by_owner on claims (owner_id);

-- How often a resource's claims of one UTC day (days since 1970) changed, so that every process knows when to look again.
create table resource_days (
    resource_id uuid not null,
    day bigint not null,
    chain_id uuid not null references chains (id),
    version bigint not null,
    changed_us bigint not null,
    primary key (resource_id, day)
);
create index resource_days_changed on resource_days (changed_us);

-- What was seen or signed for a gate: consultation, screening, consent, patch test, identity, healed review. What was
-- found is about health, and sealed.
create table evidence (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    gate text not null,
    at_us bigint not null,
    since_us bigint,
    staff_id uuid references staff (id),
    sealed bytea not null
);
create index evidence_by_client on evidence (client_id, at_us);

-- Everything that ever changed: who, when, what, why. Rows are only added.
create table events (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid,
    thing text not null,
    thing_id uuid not null,
    at_us bigint not null,
    actor text not null,
    actor_id uuid,
    what text not null,
    why text,
    sealed bytea
);
create index events_by_thing on events (thing_id, id);

-- Work to be done later, and messages to go out: written with what causes them.
create table jobs (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    kind text not null,
    -- The thing it is about; never a person's data.
    about_id uuid not null,
    body text not null,
    due_us bigint not null,
    leased_until_us bigint not null,
    worker text,
    tries bigint not null,
    last_error text,
    done_us bigint,
    failed_us bigint
);
create index jobs_waiting on jobs (due_us) where done_us is null and failed_us is null;
create index jobs_about on jobs (about_id);

-- Answers to writes, so that the same key gets the same answer.
create table idempotency (
    chain_id uuid not null references chains (id),
    key text not null,
    request_hash bytea not null,
    status bigint not null,
    answer bytea not null,
    at_us bigint not null,
    primary key (chain_id, key)
);
create index idempotency_by_age on idempotency (at_us);

-- How staff sign in without a passkey: an Argon2id hash, and how often in a row it was missed.
create table passwords (
    staff_id uuid primary key references staff (id),
    chain_id uuid not null references chains (id),
    hash text not null,
    changed_us bigint not null,
    missed bigint not null,
    missed_us bigint not null
);

-- Who is signed in where, of the staff or of the clients: the hash of what the browser holds.
create table sign_ins (
    token_hash bytea primary key,
    chain_id uuid not null references chains (id),
    staff_id uuid references staff (id),
    client_id uuid references clients (id),
    made_us bigint not null,
    used_us bigint not null,
    -- When the person last showed who they are, at the sign-in or since.
    proved_us bigint not null,
    -- The browser, as it calls itself, so that a person knows it again in the list.
    browser text not null,
    check ((staff_id is null) <> (client_id is null))
);
create index sign_ins_by_staff on sign_ins (staff_id);
create index sign_ins_by_client on sign_ins (client_id);

-- The app that makes codes for a person of the staff: its secret, sealed under a key of its own.
create table authenticators (
    staff_id uuid primary key references staff (id),
    chain_id uuid not null references chains (id),
    wrapped_key bytea not null,
    sealed bytea not null,
    -- The step of the last code that was taken: no code works twice. Nothing until a first code has shown that the app works.
    last_step bigint,
    made_us bigint not null
);

-- Hashes of codes for when passkey and app are lost; a code that was used is gone.
create table recovery_codes (
    code_hash bytea primary key,
    chain_id uuid not null references chains (id),
    staff_id uuid not null references staff (id)
);
create index recovery_codes_by_staff on recovery_codes (staff_id);

-- Public keys of passkeys (WebAuthn).
create table passkeys (
    credential_id bytea primary key,
    chain_id uuid not null references chains (id),
    staff_id uuid not null references staff (id),
    -- What its owner calls it.
    name text not null,
    -- The public key and what else the next sign-in is checked against.
    credential bytea not null,
    made_us bigint not null,
    used_us bigint
);
create index passkeys_by_staff on passkeys (staff_id);

-- What lets somebody do one thing once and soon: a link to sign in, an invitation, the second half of a sign-in.
create table tickets (
    token_hash bytea primary key,
    chain_id uuid not null references chains (id),
    kind text not null,
    -- Whom it is for, if that is known.
    about_id uuid,
    body bytea not null,
    ends_us bigint not null
);
create index tickets_by_about on tickets (about_id);
create index tickets_by_end on tickets (ends_us);

-- The record beside the visits: notes, plans of the treatment, files, and pictures that may be shown in public.

create table notes (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    staff_id uuid references staff (id),
    at_us bigint not null,
    -- The text, under the client's key.
    sealed bytea not null
);
create index notes_by_client on notes (client_id, at_us);

-- Versions of a client's plan: what was asked of the engine, and what came of it.
create table plans (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    -- From 1.
    number bigint not null,
    status text not null check (status in ('asked', 'done', 'failed')),
    -- Steps of the engine that are behind it.
    progress bigint not null,
    staff_id uuid references staff (id),
    made_us bigint not null,
    done_us bigint,
    accepted_us bigint,
    -- JSON, once the client has accepted it: the sessions to be booked.
    sessions text,
    -- The case, its numbers or why it failed: JSON under the client's key.
    sealed bytea not null,
    unique (client_id, number)
);

-- Photos, documents, scans and files of plans: what they are and where the encrypted object is.
create table files (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    what text not null check (what in ('photo', 'document', 'scan', 'plan', 'thumbnail', 'public')),
    -- The plan of a plan's file; the picture of a thumbnail or of a public picture.
    of_id uuid,
    object_id uuid not null unique,
    kind text not null,
    bytes bigint not null,
    sha256 bytea not null,
    staff_id uuid references staff (id),
    at_us bigint not null,
    -- Its name and what was written to it, under the client's key.
    sealed bytea not null
);
create index files_by_client on files (client_id, what, at_us);
create index files_of on files (of_id);

-- A client's consent to pictures of the result in public: as witnessed, until withdrawn.
create table picture_consents (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    staff_id uuid references staff (id),
    given_us bigint not null,
    withdrawn_us bigint,
    -- How it was given, under the client's key.
    sealed bytea not null
);
create index picture_consents_by_client on picture_consents (client_id);

-- Pictures shown in public; each stands on a consent and on a file made for it alone.
create table shown_pictures (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    client_id uuid not null references clients (id),
    consent_id uuid not null references picture_consents (id),
    file_id uuid not null references files (id),
    code text not null unique,
    -- What stands below it: never a name.
    caption text not null,
    -- Drawn by the engine rather than photographed.
    simulated bigint not null,
    at_us bigint not null
);
create index shown_pictures_by_studio on shown_pictures (studio_id, at_us);

-- Jobs, mail and calendars.

create index jobs_open on jobs (chain_id) where done_us is null;
create index jobs_done on jobs (chain_id, done_us) where done_us is not null;

-- Who wants to be told when a time frees, in the order in which they asked.
create table waiting (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    studio_id uuid not null references studios (id),
    code text not null unique,
    client_id uuid not null references clients (id),
    service_id uuid not null references services (id),
    -- Nothing: anyone.
    practitioner_id uuid references staff (id),
    -- The visit that is to come earlier, where there is one.
    appointment_id uuid references appointments (id),
    -- JSON: days of the week and times of the day that suit.
    wanted text not null,
    status text not null check (status in ('waiting', 'offered', 'taken', 'left')),
    -- While offered: the hold, its start, and until when it is kept.
    offer_code text,
    offer_starts_us bigint,
    offer_until_us bigint,
    -- JSON: starts that were offered and not taken.
    passed text not null,
    version bigint not null,
    made_us bigint not null,
    changed_us bigint not null
);
create index waiting_open on waiting (chain_id, made_us) where status in ('waiting', 'offered');

-- Secret addresses of calendars: the hash of what the address holds, and whose visits it shows.
create table feeds (
    id uuid primary key,
    chain_id uuid not null references chains (id),
    token_hash bytea not null unique,
    kind text not null check (kind in ('practitioner', 'room', 'client')),
    about_id uuid not null,
    made_us bigint not null,
    -- When it was last read, to the hour.
    used_us bigint
);
create index feeds_about on feeds (about_id);

-- What the second look before a visit found: how much was still open then.
create table second_looks (
    appointment_id uuid primary key references appointments (id),
    chain_id uuid not null references chains (id),
    at_us bigint not null,
    open_steps bigint not null
);

-- What is changed after setting up: prices of one studio, and who keeps times without having said who they are.

-- A service's price at one studio, where it is not the service's own.
create table prices (
    studio_id uuid not null references studios (id),
    service_id uuid not null references services (id),
    chain_id uuid not null references chains (id),
    price_minor bigint not null,
    primary key (studio_id, service_id)
);

-- Keyed hashes of a visitor's address and of what their browser holds, so that nobody keeps many times at once.
create table holders (
    appointment_id uuid primary key,
    chain_id uuid not null references chains (id),
    address bytea not null,
    browser bytea,
    expires_us bigint not null
);
create index holders_by_address on holders (chain_id, address, expires_us);
create index holders_by_browser on holders (chain_id, browser, expires_us);

create index appointments_by_room on appointments (room_id, starts_us);
