-- breaking
-- Sources with several keys each, what became of rejects, who watches live, processes that collect, how long data is kept.

CREATE TABLE source (
  source text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('trusted', 'public')),
  name_zh text,
  name_en text,
  -- Who answers for it, in the bank's own words.
  owner text,
  -- Browsers of these origins may send; empty: all.
  allowed_origins text[] NOT NULL DEFAULT '{}',
  -- Public sources prove a customer by tokens of these keys: {"keys":[…]} (JWKS), or of those behind the address.
  jwks jsonb,
  jwks_url text,
  token_issuer text,
  -- Limits of each of its keys; null: the default.
  events_per_second integer CHECK (events_per_second > 0),
  bytes_per_second bigint CHECK (bytes_per_second > 0),
  concurrent_requests integer CHECK (concurrent_requests > 0),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
  is_demo boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO source (source, kind, jwks, token_issuer, state, is_demo, created_at)
SELECT k.source, k.kind, k.jwks, k.token_issuer, k.state, k.is_demo, k.created_at FROM write_key AS k;

ALTER TABLE write_key
  DROP CONSTRAINT write_key_source_key,
  DROP COLUMN kind,
  DROP COLUMN jwks,
  DROP COLUMN token_issuer,
  DROP COLUMN is_demo,
  ADD CONSTRAINT write_key_source_fkey FOREIGN KEY (source) REFERENCES source (source),
  ADD COLUMN last_used_on date,
  ADD COLUMN revoked_at timestamptz,
  ADD COLUMN revoked_by text,
  ADD COLUMN revoke_reason text;
CREATE INDEX write_key_source ON write_key (source);

-- Rejects lie in the warehouse; a row here says what became of one. No row: open.
CREATE TABLE reject_state (
  reject_id uuid PRIMARY KEY,
  -- A refused repetition leaves the reject open and says why here.
  state text NOT NULL CHECK (state IN ('open', 'replayed', 'dismissed')),
  received_at timestamptz NOT NULL,
  source text NOT NULL,
  event text NOT NULL,
  code text NOT NULL,
  protocol text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  last_code text,
  last_detail text,
  reason text,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX reject_state_received ON reject_state (received_at DESC, reject_id DESC);

-- Somebody watches one device, customer or source for a while.
CREATE TABLE debug_session (
  session_id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('device', 'customerNo', 'source')),
  value text NOT NULL,
  opened_by text NOT NULL,
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX debug_session_expires ON debug_session (expires_at);
-- The latest of what each sees, masked; worth nothing after a crash.
CREATE UNLOGGED TABLE debug_sighting (
  sighting_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES debug_session (session_id) ON DELETE CASCADE,
  body text NOT NULL
);
CREATE INDEX debug_sighting_session ON debug_sighting (session_id, sighting_id);

CREATE TABLE ingest_process (
  process_id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  spool_bytes bigint NOT NULL,
  spool_segments integer NOT NULL,
  accepted bigint NOT NULL,
  loaded bigint NOT NULL,
  last_load_at timestamptz,
  last_error text,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);

CREATE TABLE retention_rule (
  class text PRIMARY KEY CHECK (class IN ('event', 'event_anonymous', 'reject', 'rate')),
  months integer NOT NULL CHECK (months BETWEEN 1 AND 240),
  is_on boolean NOT NULL,
  changed_by text,
  changed_at timestamptz
);
-- What customers did is never thrown away before somebody has decided so.
INSERT INTO retention_rule (class, months, is_on) VALUES
  ('event', 24, false), ('event_anonymous', 6, false), ('reject', 3, true), ('rate', 1, true);
CREATE TABLE retention_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  class text NOT NULL,
  bank_day date NOT NULL,
  partitions integer NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  started_by text NOT NULL,
  ended_at timestamptz NOT NULL
);
CREATE INDEX retention_run_day ON retention_run (class, bank_day);
