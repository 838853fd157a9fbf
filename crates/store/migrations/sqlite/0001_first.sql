-- The first schema. Times are UTC milliseconds; ids are UUIDv7; JSON is text.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- People of the company

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    totp_secret BLOB,
    totp_last_step BIGINT,
    recovery_codes TEXT,
    locale TEXT NOT NULL DEFAULT 'it',
    theme TEXT NOT NULL DEFAULT 'auto',
    signature TEXT NOT NULL DEFAULT '',
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT
);

CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    team_id BLOB,
    token_hash BLOB NOT NULL UNIQUE,
    invited_by BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT
);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    user_agent TEXT NOT NULL,
    ip TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- One open link per person to choose a new password.
CREATE TABLE password_resets (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Failed attempts by address and by account; the key says which.
CREATE TABLE login_attempts (
    key TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE teams (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE team_members (
    team_id BLOB NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id);

-- Each row's hash covers its content and the row before: a changed or missing row shows.
CREATE TABLE audit_log (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id BLOB,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    ip TEXT NOT NULL,
    hash BLOB NOT NULL
);

-- Channels and the durable queue

CREATE TABLE channel_accounts (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    config TEXT NOT NULL,
    secrets BLOB,
    state TEXT NOT NULL,
    problem TEXT,
    health_at BIGINT,
    cursor TEXT NOT NULL DEFAULT 'null',
    team_id BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE intake (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BLOB NOT NULL,
    format TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    outcome TEXT,
    detail TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    done_at BIGINT
);
CREATE INDEX intake_pending ON intake (id) WHERE outcome IS NULL;
CREATE INDEX intake_invalid ON intake (id) WHERE outcome = 'invalid';

-- Who says it

CREATE TABLE organizations (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    domain TEXT,
    fields TEXT NOT NULL DEFAULT '{}',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE contacts (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    customer BOOLEAN NOT NULL,
    organization_id BLOB,
    language TEXT,
    avatar_url TEXT,
    note TEXT NOT NULL DEFAULT '',
    fields TEXT NOT NULL DEFAULT '{}',
    merged_into BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX contacts_name ON contacts (name_key, id) WHERE merged_into IS NULL;
CREATE INDEX contacts_created ON contacts (created_at, id) WHERE merged_into IS NULL;
CREATE INDEX contacts_organization ON contacts (organization_id) WHERE organization_id IS NOT NULL;

-- An address belongs to one contact; further people who share it stand in identity_shares.
CREATE TABLE identities (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    contact_id BLOB NOT NULL,
    name TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, value)
);
CREATE INDEX identities_contact ON identities (contact_id);

CREATE TABLE identity_shares (
    identity_id BLOB NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    contact_id BLOB NOT NULL,
    PRIMARY KEY (identity_id, contact_id)
);
CREATE INDEX identity_shares_contact ON identity_shares (contact_id);

-- `moved` holds, as JSON, every row that the merge changed, so that it can be undone exactly.
CREATE TABLE contact_merges (
    id BLOB PRIMARY KEY,
    kept_id BLOB NOT NULL,
    merged_id BLOB NOT NULL,
    moved TEXT NOT NULL,
    by_user BLOB NOT NULL,
    at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX contact_merges_kept ON contact_merges (kept_id);

-- What was said, and the work it makes

CREATE TABLE conversations (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL,
    thread_key TEXT NOT NULL,
    subject TEXT,
    contact_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account_id, thread_key)
);
CREATE INDEX conversations_case ON conversations (case_id);
CREATE INDEX conversations_contact ON conversations (contact_id);

CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    account_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    visibility TEXT NOT NULL,
    contact_id BLOB,
    identity_id BLOB,
    user_id BLOB,
    author_name TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    html TEXT,
    url TEXT,
    meta TEXT,
    automatic TEXT NOT NULL,
    attachments BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    language TEXT,
    sentiment TEXT,
    sentiment_score DOUBLE PRECISION,
    sentiment_weight DOUBLE PRECISION,
    sentiment_confidence DOUBLE PRECISION,
    request_type TEXT,
    request_confidence DOUBLE PRECISION,
    urgency TEXT,
    noise TEXT,
    evidence TEXT,
    UNIQUE (account_id, external_id)
);
CREATE INDEX messages_case ON messages (case_id, seq);
CREATE INDEX messages_contact ON messages (contact_id) WHERE contact_id IS NOT NULL;

-- The way out of an answer. Exists for outbound messages that Voce sends itself.
CREATE TABLE deliveries (
    message_id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    detail TEXT,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    claimed_by BLOB,
    payload TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'queued';
CREATE INDEX deliveries_sending ON deliveries (updated_at) WHERE state = 'sending';

CREATE TABLE attachments (
    id BLOB PRIMARY KEY,
    message_id BLOB NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    content_id TEXT,
    size BIGINT NOT NULL,
    -- SHA-256 of the bytes in hexadecimal, also the name of the blob; NULL while the bytes are still at `url`.
    blob TEXT,
    url TEXT,
    problem TEXT
);
CREATE INDEX attachments_message ON attachments (message_id);
CREATE INDEX attachments_unfetched ON attachments (id) WHERE blob IS NULL AND problem IS NULL;

CREATE TABLE corrections (
    id BLOB PRIMARY KEY,
    message_id BLOB NOT NULL,
    label TEXT NOT NULL,
    was TEXT,
    now TEXT,
    user_id BLOB NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX corrections_message ON corrections (message_id);

CREATE TABLE reactions (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    contact_id BLOB NOT NULL,
    message_id BLOB,
    at BIGINT NOT NULL,
    UNIQUE (account_id, external_id)
);
CREATE INDEX reactions_message ON reactions (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX reactions_contact ON reactions (contact_id);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('case', 0), ('audit', 0);

CREATE TABLE cases (
    id BLOB PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    preview TEXT NOT NULL,
    contact_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    state TEXT NOT NULL,
    waiting TEXT,
    waiting_until BIGINT,
    owner_id BLOB,
    team_id BLOB,
    priority TEXT NOT NULL,
    -- Of the newest inbound message, unless a person set it.
    language TEXT,
    request_type TEXT,
    urgency TEXT NOT NULL,
    sentiment_score DOUBLE PRECISION NOT NULL,
    -- Set while nothing but noise has been said; such cases stay out of every view but the drawer.
    noise TEXT,
    -- Needs somebody: new, open or waiting, and not noise.
    active BOOLEAN NOT NULL,
    messages BIGINT NOT NULL,
    -- The first inbound message that nobody answered yet.
    unanswered_since BIGINT,
    last_message_at BIGINT NOT NULL,
    first_answer_at BIGINT,
    resolved_at BIGINT,
    merged_into BLOB,
    -- Counts changes, to refuse one made on an old picture.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX cases_active ON cases (last_message_at, id) WHERE active;
CREATE INDEX cases_owner ON cases (owner_id, state, last_message_at, id) WHERE active AND owner_id IS NOT NULL;
CREATE INDEX cases_team ON cases (team_id, state, last_message_at, id) WHERE active AND team_id IS NOT NULL;
CREATE INDEX cases_state ON cases (state, last_message_at, id) WHERE active;
CREATE INDEX cases_ended ON cases (state, last_message_at, id) WHERE NOT active;
CREATE INDEX cases_owned ON cases (owner_id, last_message_at, id) WHERE NOT active AND owner_id IS NOT NULL;
CREATE INDEX cases_unanswered ON cases (unanswered_since, id) WHERE active AND unanswered_since IS NOT NULL;
CREATE INDEX cases_priority ON cases (priority, last_message_at, id) WHERE active AND priority <> 'normal';
CREATE INDEX cases_all ON cases (last_message_at, id);
CREATE INDEX cases_contact ON cases (contact_id, last_message_at);
CREATE INDEX cases_noise ON cases (last_message_at, id) WHERE noise IS NOT NULL;
CREATE INDEX cases_wake ON cases (waiting_until) WHERE waiting_until IS NOT NULL;

-- `moved` holds, as JSON, what the merge moved and where both cases stood, so that it can be undone exactly.
CREATE TABLE case_merges (
    id BLOB PRIMARY KEY,
    kept_id BLOB NOT NULL,
    merged_id BLOB NOT NULL,
    moved TEXT NOT NULL,
    by_user BLOB NOT NULL,
    at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX case_merges_kept ON case_merges (kept_id);

CREATE TABLE tags (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    color TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE case_tags (
    case_id BLOB NOT NULL,
    tag_id BLOB NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (case_id, tag_id)
);
CREATE INDEX case_tags_tag ON case_tags (tag_id);

-- Colleagues named in an internal note.
CREATE TABLE note_mentions (
    message_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    case_id BLOB NOT NULL,
    at BIGINT NOT NULL,
    seen_at BIGINT,
    PRIMARY KEY (message_id, user_id)
);
CREATE INDEX note_mentions_user ON note_mentions (user_id, at);
CREATE INDEX note_mentions_case ON note_mentions (case_id);

CREATE TABLE drafts (
    case_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    mode TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, user_id, mode)
);

-- When each person last looked at a case: what is new to them, and who else is there.
CREATE TABLE case_looks (
    case_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seen_at BIGINT NOT NULL,
    typing_at BIGINT,
    PRIMARY KEY (case_id, user_id)
);
CREATE INDEX case_looks_user ON case_looks (user_id);

CREATE TABLE saved_views (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    position BIGINT NOT NULL
);
CREATE INDEX saved_views_user ON saved_views (user_id);

CREATE TABLE request_types (
    key TEXT PRIMARY KEY,
    -- NULL: the name of the locales.
    name TEXT,
    position BIGINT NOT NULL,
    archived BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE routing_rules (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    conditions TEXT NOT NULL,
    decision TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE canned_answers (
    id BLOB PRIMARY KEY,
    shortcut TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    language TEXT,
    updated_at BIGINT NOT NULL
);

-- Facts and those who react to them

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The writing transaction on PostgreSQL, where sequence numbers may become visible out of order; 0 on SQLite.
    tx BIGINT NOT NULL DEFAULT 0,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    case_id BLOB,
    contact_id BLOB,
    message_id BLOB,
    data TEXT
);
CREATE INDEX events_case ON events (case_id, seq) WHERE case_id IS NOT NULL;

CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    tx BIGINT NOT NULL,
    seq BIGINT NOT NULL
);

CREATE TABLE web_hooks (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    secret BLOB NOT NULL,
    events TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

CREATE TABLE web_hook_deliveries (
    id BLOB PRIMARY KEY,
    hook_id BLOB NOT NULL REFERENCES web_hooks (id) ON DELETE CASCADE,
    event_seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    status BIGINT,
    response TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (hook_id, event_seq)
);
CREATE INDEX web_hook_deliveries_due ON web_hook_deliveries (next_at) WHERE state = 'queued';
CREATE INDEX web_hook_deliveries_hook ON web_hook_deliveries (hook_id, id);

-- Long work

CREATE TABLE imports (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    blob TEXT NOT NULL,
    mapping TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Rows (or bytes, for mbox) done and to do.
    position BIGINT NOT NULL,
    total BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    problem TEXT,
    user_id BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE import_errors (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    row_number BIGINT NOT NULL,
    column_name TEXT NOT NULL,
    problem TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (import_id, row_number, column_name)
);

-- Answers to API calls by their idempotency key.
CREATE TABLE idempotent_calls (
    key TEXT PRIMARY KEY,
    request_hash BLOB NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX idempotent_calls_at ON idempotent_calls (at);

-- Full-text search; rowid is messages.seq and contacts.seq.
CREATE VIRTUAL TABLE message_search USING fts5 (subject, body, author, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
CREATE VIRTUAL TABLE contact_search USING fts5 (id UNINDEXED, words, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
