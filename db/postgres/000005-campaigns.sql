CREATE TABLE campaign (
  campaign_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  -- The material content: objective, audience, offer, rungs, holdoutPercent, from, to.
  body jsonb NOT NULL,
  content_hash text NOT NULL,
  -- The audience is never wider than this unit and those below it.
  owner_org_id integer NOT NULL REFERENCES org_unit,
  state text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'rejected', 'running', 'paused', 'stopped',
                                       'ended', 'closed')),
  is_imported boolean NOT NULL DEFAULT false,
  created_by text NOT NULL,
  -- Everyone who wrote or submitted this content: none of them may approve it.
  makers text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  -- The evaluation of the audience that counts (campaign_member.start_id): setting it is what publishes a whole one.
  start_id bigint,
  started_at timestamptz,
  ended_at timestamptz,
  -- What had already gone out when the campaign was stopped.
  stop_report jsonb,
  review_text text,
  reviewed_by text,
  last_error text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX campaign_state ON campaign (state);

CREATE SEQUENCE campaign_start_id;

-- An approval binds to the exact content by its hash.
CREATE TABLE approval (
  approval_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  object_type text NOT NULL,
  object_key text NOT NULL,
  content_hash text NOT NULL,
  content jsonb NOT NULL,
  summary text NOT NULL DEFAULT '',
  owner_org_id integer NOT NULL REFERENCES org_unit,
  state text NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn')),
  maker text NOT NULL,
  submitted_at timestamptz NOT NULL,
  checker text,
  decided_at timestamptz,
  reason text,
  CHECK (checker IS NULL OR checker <> maker)
);
CREATE INDEX approval_object ON approval (object_type, object_key, approval_id);
CREATE UNIQUE INDEX approval_open ON approval (object_type, object_key) WHERE state = 'open';

-- One customer's position in one campaign. Control customers are kept too: they are never touched.
CREATE TABLE campaign_run (
  campaign_id integer NOT NULL REFERENCES campaign,
  customer_id bigint NOT NULL REFERENCES customer,
  arm text NOT NULL,
  is_control boolean NOT NULL,
  -- Owner when the campaign started, as in campaign_member: live numbers are cut to the reader's scope by it.
  org_id integer NOT NULL,
  rm_staff_id integer,
  -- Index of the last rung done; -1 before the first.
  rung integer NOT NULL DEFAULT -1,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'placed', 'stopped', 'escalated', 'converted', 'done')),
  gate_code text,
  due_at timestamptz,
  eligible_at timestamptz NOT NULL,
  PRIMARY KEY (campaign_id, customer_id)
);
CREATE INDEX campaign_run_due ON campaign_run (campaign_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX campaign_run_customer ON campaign_run (customer_id);

-- The contact ledger. gate_customer is only there to be locked.
CREATE TABLE gate_customer (
  customer_id bigint PRIMARY KEY
);

CREATE TABLE touch (
  touch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL,
  channel text NOT NULL,
  -- Whether it counts under the caps: a placement in a slot does not.
  counts_as_message boolean NOT NULL,
  campaign_id integer NOT NULL,
  rung integer NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('reserved', 'committed', 'released')),
  CONSTRAINT touch_once UNIQUE (campaign_id, customer_id, rung, channel)
);
CREATE INDEX touch_customer ON touch (customer_id, at) INCLUDE (channel)
  WHERE state <> 'released' AND counts_as_message;

CREATE TABLE contact_cap (
  cap_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- null: over all channels that count as messages.
  channel text,
  window_minutes integer NOT NULL CHECK (window_minutes > 0),
  most integer NOT NULL CHECK (most >= 0)
);
INSERT INTO contact_cap (channel, window_minutes, most) VALUES (NULL, 1440, 1);

-- What a customer sees. Placements are drawn by slot, messages lie in the inbox.

-- What the placements of a campaign show, and whether they show anything now.
CREATE TABLE placement_content (
  campaign_id integer PRIMARY KEY REFERENCES campaign,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  live_from timestamptz NOT NULL,
  live_to timestamptz NOT NULL,
  is_live boolean NOT NULL
);

CREATE TABLE placement (
  campaign_id integer NOT NULL REFERENCES campaign,
  customer_id bigint NOT NULL REFERENCES customer,
  slot text NOT NULL,
  rung integer NOT NULL,
  placed_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (campaign_id, customer_id, slot)
);
CREATE INDEX placement_customer ON placement (customer_id) WHERE closed_at IS NULL;

CREATE TABLE inbox_message (
  message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign_id integer NOT NULL REFERENCES campaign,
  customer_id bigint NOT NULL REFERENCES customer,
  touch_id bigint NOT NULL UNIQUE REFERENCES touch,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  sent_at timestamptz NOT NULL,
  read_at timestamptz
);
CREATE INDEX inbox_message_customer ON inbox_message (customer_id, sent_at);

CREATE TABLE task (
  task_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign_id integer NOT NULL REFERENCES campaign,
  customer_id bigint NOT NULL REFERENCES customer,
  org_id integer NOT NULL REFERENCES org_unit,
  -- Null: in the pool of its org unit until one of its relationship managers takes it.
  staff_id integer REFERENCES staff,
  title text NOT NULL,
  reason text NOT NULL,
  -- Of the campaign when the task was made.
  campaign_key text NOT NULL,
  campaign_name text NOT NULL,
  offer_title text NOT NULL,
  offer_body text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'contacted', 'won', 'lost', 'cancelled')),
  note text NOT NULL DEFAULT '',
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (campaign_id, customer_id)
);
CREATE INDEX task_staff ON task (staff_id, state, due_at);
CREATE INDEX task_org ON task (org_id, state, due_at);

-- Events the platform itself makes (exposures aside): written here in the deciding transaction, then shipped to the
-- event road under the same message id, so that a crash between the two neither loses nor doubles one.
CREATE TABLE event_outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id text NOT NULL,
  name text NOT NULL,
  customer_id bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  properties jsonb NOT NULL
);
