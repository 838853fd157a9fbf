-- What else a message says, and how the company teaches.

ALTER TABLE messages ADD COLUMN noise_confidence DOUBLE PRECISION;
-- The strongest basic emotion, where one is plain.
ALTER TABLE messages ADD COLUMN emotion TEXT;
-- 'yes' or 'no', as of complaint.
ALTER TABLE messages ADD COLUMN irony TEXT;
ALTER TABLE messages ADD COLUMN complaint TEXT;
-- JSON: emotions with their intensity, signals, sentences, targets, phrases, entities.
ALTER TABLE messages ADD COLUMN details TEXT;
-- Version of the models that labelled it.
ALTER TABLE messages ADD COLUMN model BIGINT;

-- Texts that a person gave as examples of a label.
CREATE TABLE label_examples (
    id BLOB PRIMARY KEY,
    label TEXT NOT NULL,
    value TEXT NOT NULL,
    body TEXT NOT NULL,
    user_id BLOB NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX label_examples_value ON label_examples (label, value);
CREATE INDEX corrections_at ON corrections (at);
-- Counts corrections, examples and what is taken back of them.
INSERT INTO counters (name, value) VALUES ('lessons', 0);

-- Messages that were labelled, by the day (since 1970, UTC) on which they were sent.
CREATE TABLE labelled_days (
    day BIGINT PRIMARY KEY,
    messages BIGINT NOT NULL
);
INSERT INTO labelled_days (day, messages)
    SELECT sent_at / 86400000, COUNT(*) FROM messages WHERE direction = 'inbound' AND sentiment IS NOT NULL GROUP BY sent_at / 86400000;

-- What the second opinion said, by the hash of what it was asked: nothing is asked (and paid) twice.
CREATE TABLE opinions (
    hash TEXT PRIMARY KEY,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL
);
