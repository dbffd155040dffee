CREATE SEQUENCE campaign_start_id AS bigint START 1 INCREMENT 1;

CREATE SEQUENCE refresh_id AS bigint START 1 INCREMENT 1;

CREATE TABLE api_token (
  token_hash bytea NOT NULL,
  staff_id integer NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone
);

CREATE TABLE approval (
  approval_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  object_type text NOT NULL,
  object_key text NOT NULL,
  content_hash text NOT NULL,
  content jsonb NOT NULL,
  summary text DEFAULT ''::text NOT NULL,
  owner_org_id integer NOT NULL,
  state text NOT NULL,
  maker text NOT NULL,
  submitted_at timestamp with time zone NOT NULL,
  checker text,
  decided_at timestamp with time zone,
  reason text
);

CREATE TABLE audit (
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  org_id integer,
  before jsonb,
  after jsonb,
  reason text,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE audit_head (
  is_only boolean DEFAULT true NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE campaign (
  campaign_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  body jsonb NOT NULL,
  content_hash text NOT NULL,
  owner_org_id integer NOT NULL,
  state text NOT NULL,
  is_imported boolean DEFAULT false NOT NULL,
  created_by text NOT NULL,
  makers text[] DEFAULT '{}'::text[] NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  start_id bigint,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  stop_report jsonb,
  review_text text,
  reviewed_by text,
  last_error text,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE campaign_run (
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  arm text NOT NULL,
  is_control boolean NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  rung integer DEFAULT '-1'::integer NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  gate_code text,
  due_at timestamp with time zone,
  eligible_at timestamp with time zone NOT NULL
);

CREATE TABLE chunk_placement (
  kind text NOT NULL,
  unit bigint NOT NULL,
  shard integer NOT NULL,
  is_open boolean DEFAULT false NOT NULL,
  next_id bigint
);

CREATE TABLE consent (
  customer_id bigint NOT NULL,
  purpose text NOT NULL,
  is_granted boolean NOT NULL,
  version text NOT NULL,
  channel text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE contact_cap (
  cap_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  channel text,
  window_minutes integer NOT NULL,
  most integer NOT NULL
);

CREATE TABLE customer (
  customer_id bigint NOT NULL,
  customer_no text COLLATE "C" NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  is_provisional boolean DEFAULT false NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  revision bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customer_home (
  customer_id bigint NOT NULL,
  home_id bigint NOT NULL,
  past_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  version bigint NOT NULL,
  applied_at timestamp with time zone
);

CREATE TABLE customer_id_allocator (
  is_only boolean DEFAULT true NOT NULL,
  next_id bigint NOT NULL
);

CREATE TABLE customer_identity (
  customer_id bigint NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  cipher bytea NOT NULL,
  key_version integer NOT NULL,
  masked text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customer_link (
  customer_id bigint NOT NULL,
  linked_customer_id bigint NOT NULL,
  relation text NOT NULL,
  reference text DEFAULT ''::text NOT NULL
);

CREATE TABLE customer_merge (
  merge_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  from_id bigint NOT NULL,
  to_id bigint NOT NULL,
  reason text NOT NULL,
  merged_at timestamp with time zone NOT NULL,
  merged_by text NOT NULL,
  moved jsonb DEFAULT '{}'::jsonb NOT NULL,
  split_at timestamp with time zone,
  split_by text,
  split_reason text
);

CREATE TABLE customer_owner (
  customer_id bigint NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE customer_sync (
  customer_id bigint NOT NULL,
  revision bigint NOT NULL
);

CREATE TABLE customer_sync_range (
  batch_id uuid NOT NULL,
  first_id bigint NOT NULL,
  last_id bigint NOT NULL
);

CREATE TABLE debug_session (
  session_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  opened_by text NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL
);

CREATE TABLE debug_sighting (
  sighting_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  session_id uuid NOT NULL,
  body text NOT NULL
);

CREATE TABLE do_not_contact (
  customer_id bigint NOT NULL,
  reason text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE event_outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  message_id text NOT NULL,
  name text NOT NULL,
  customer_id bigint NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  properties jsonb NOT NULL
);

CREATE TABLE gate_customer (
  customer_id bigint NOT NULL
);

CREATE TABLE identity_version (
  is_only boolean DEFAULT true NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE identity_waiting (
  kind text NOT NULL,
  hash bytea NOT NULL,
  visitor text NOT NULL,
  seen_at timestamp with time zone NOT NULL
);

CREATE TABLE import_file (
  mapping_hash text NOT NULL,
  file_hash text NOT NULL,
  mapping_name text NOT NULL,
  file_name text NOT NULL,
  rows_done bigint DEFAULT 0 NOT NULL,
  rows_rejected bigint DEFAULT 0 NOT NULL,
  rows_skipped bigint DEFAULT 0 NOT NULL,
  rejects_path text,
  rejects_bytes bigint DEFAULT 0 NOT NULL,
  state text NOT NULL,
  started_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone
);

CREATE TABLE inbox_message (
  message_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  touch_id bigint NOT NULL,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  read_at timestamp with time zone
);

CREATE TABLE ingest_process (
  process_id uuid NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  spool_bytes bigint NOT NULL,
  spool_segments integer NOT NULL,
  accepted bigint NOT NULL,
  loaded bigint NOT NULL,
  last_load_at timestamp with time zone,
  last_error text,
  started_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL
);

CREATE TABLE installation (
  key text NOT NULL,
  value jsonb NOT NULL
);

CREATE TABLE job (
  job_id text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  progress double precision DEFAULT 0 NOT NULL,
  input jsonb NOT NULL,
  result jsonb,
  error jsonb,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  ended_at timestamp with time zone
);

CREATE TABLE migration (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  breaking boolean NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE org_unit (
  org_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  code text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE org_unit_version (
  org_id integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  parent_id integer,
  path integer[] NOT NULL,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE placement (
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  slot text NOT NULL,
  rung integer NOT NULL,
  placed_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone
);

CREATE TABLE placement_content (
  campaign_id integer NOT NULL,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  live_from timestamp with time zone NOT NULL,
  live_to timestamp with time zone NOT NULL,
  is_live boolean NOT NULL
);

CREATE TABLE placement_move (
  move_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  units bigint[] NOT NULL,
  from_shard integer NOT NULL,
  to_shard integer NOT NULL,
  state text NOT NULL,
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone
);

CREATE TABLE placement_shard (
  shard integer NOT NULL,
  host text NOT NULL,
  port integer NOT NULL
);

CREATE TABLE placement_state (
  is_only boolean DEFAULT true NOT NULL,
  version integer NOT NULL,
  cluster text NOT NULL,
  chunk_bits integer NOT NULL,
  slots integer NOT NULL,
  spread integer NOT NULL,
  is_paused boolean DEFAULT false NOT NULL
);

CREATE TABLE plan_event (
  key text NOT NULL,
  state text DEFAULT 'draft'::text NOT NULL,
  version integer DEFAULT 0 NOT NULL,
  revision integer DEFAULT 1 NOT NULL,
  draft jsonb NOT NULL,
  published jsonb,
  search text NOT NULL,
  created_by text NOT NULL,
  changed_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  published_at timestamp with time zone
);

CREATE TABLE plan_event_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  published_by text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE plan_finding_count (
  day date NOT NULL,
  source text NOT NULL,
  event text NOT NULL,
  code text NOT NULL,
  path text NOT NULL,
  count bigint NOT NULL,
  last_at timestamp with time zone NOT NULL
);

CREATE TABLE plan_head (
  is_only boolean DEFAULT true NOT NULL,
  revision bigint NOT NULL
);

CREATE TABLE plan_source_mode (
  source text NOT NULL,
  mode text NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL
);

CREATE TABLE post (
  post_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  staff_id integer NOT NULL,
  org_id integer NOT NULL,
  role text NOT NULL,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE profile_operation (
  customer_id bigint NOT NULL,
  attribute text NOT NULL,
  msg uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  operation text NOT NULL,
  value text NOT NULL
);

CREATE TABLE reject_state (
  reject_id uuid NOT NULL,
  state text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  source text NOT NULL,
  event text NOT NULL,
  code text NOT NULL,
  protocol text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  last_code text,
  last_detail text,
  reason text,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL
);

CREATE TABLE retention_rule (
  class text NOT NULL,
  months integer NOT NULL,
  is_on boolean NOT NULL,
  changed_by text,
  changed_at timestamp with time zone
);

CREATE TABLE retention_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  class text NOT NULL,
  bank_day date NOT NULL,
  partitions integer NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  started_by text NOT NULL,
  ended_at timestamp with time zone NOT NULL
);

CREATE TABLE segment (
  key text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  rule jsonb NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  refresh_id bigint,
  refreshed_at timestamp with time zone,
  member_count bigint,
  last_error text,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE segment_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE session (
  token_hash bytea NOT NULL,
  staff_id integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL
);

CREATE TABLE source (
  source text NOT NULL,
  kind text NOT NULL,
  name_zh text,
  name_en text,
  owner text,
  allowed_origins text[] DEFAULT '{}'::text[] NOT NULL,
  jwks jsonb,
  jwks_url text,
  token_issuer text,
  events_per_second integer,
  bytes_per_second bigint,
  concurrent_requests integer,
  state text DEFAULT 'active'::text NOT NULL,
  is_demo boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  customer_events_per_second integer
);

CREATE TABLE staff (
  staff_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  staff_no text NOT NULL,
  name text NOT NULL,
  username text,
  password_hash text,
  failed_logins integer DEFAULT 0 NOT NULL,
  locked_until timestamp with time zone,
  state text DEFAULT 'active'::text NOT NULL,
  is_demo boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE tag (
  key text NOT NULL,
  name jsonb NOT NULL,
  type text NOT NULL,
  source jsonb NOT NULL,
  class text DEFAULT 'C1'::text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  refresh_every_minutes integer,
  refresh_id bigint,
  refreshed_at timestamp with time zone,
  coverage bigint,
  unreadable bigint,
  has_bitmaps boolean DEFAULT false NOT NULL,
  last_attempt_at timestamp with time zone,
  last_error text,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE tag_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE task (
  task_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  org_id integer NOT NULL,
  staff_id integer,
  title text NOT NULL,
  reason text NOT NULL,
  campaign_key text NOT NULL,
  campaign_name text NOT NULL,
  offer_title text NOT NULL,
  offer_body text NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  due_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE touch (
  touch_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  customer_id bigint NOT NULL,
  channel text NOT NULL,
  counts_as_message boolean NOT NULL,
  campaign_id integer NOT NULL,
  rung integer NOT NULL,
  at timestamp with time zone NOT NULL,
  state text NOT NULL
);

CREATE TABLE visitor_binding (
  visitor text NOT NULL,
  customer_id bigint,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone,
  proof text NOT NULL,
  applied_at timestamp with time zone,
  version bigint DEFAULT 0 NOT NULL,
  kind text DEFAULT 'device'::text NOT NULL
);

CREATE TABLE visitor_binding_undone (
  undone_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  visitor text NOT NULL,
  customer_id bigint NOT NULL,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone,
  kind text NOT NULL,
  proof text NOT NULL,
  undone_at timestamp with time zone NOT NULL,
  undone_by text NOT NULL,
  reason text NOT NULL,
  version bigint NOT NULL,
  applied_at timestamp with time zone
);

CREATE TABLE write_key (
  key text NOT NULL,
  source text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_used_on date,
  revoked_at timestamp with time zone,
  revoked_by text,
  revoke_reason text
);

ALTER TABLE api_token ADD CONSTRAINT api_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE api_token ADD CONSTRAINT api_token_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE approval ADD CONSTRAINT approval_check CHECK (((checker IS NULL) OR (checker <> maker)));

ALTER TABLE approval ADD CONSTRAINT approval_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE approval ADD CONSTRAINT approval_pkey PRIMARY KEY (approval_id);

ALTER TABLE approval ADD CONSTRAINT approval_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text])));

ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);

ALTER TABLE audit_head ADD CONSTRAINT audit_head_is_only_check CHECK (is_only);

ALTER TABLE audit_head ADD CONSTRAINT audit_head_pkey PRIMARY KEY (is_only);

ALTER TABLE campaign ADD CONSTRAINT campaign_key_key UNIQUE (key);

ALTER TABLE campaign ADD CONSTRAINT campaign_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE campaign ADD CONSTRAINT campaign_pkey PRIMARY KEY (campaign_id);

ALTER TABLE campaign ADD CONSTRAINT campaign_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'approved'::text, 'rejected'::text, 'running'::text, 'paused'::text, 'stopped'::text, 'ended'::text, 'closed'::text])));

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_pkey PRIMARY KEY (campaign_id, customer_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'placed'::text, 'stopped'::text, 'escalated'::text, 'converted'::text, 'done'::text])));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_check CHECK ((is_open = (next_id IS NOT NULL)));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_check1 CHECK (((kind = 'customer'::text) OR (NOT is_open)));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'slot'::text])));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_pkey PRIMARY KEY (kind, unit);

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_shard_fkey FOREIGN KEY (shard) REFERENCES placement_shard(shard);

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_unit_check CHECK ((unit >= 0));

ALTER TABLE consent ADD CONSTRAINT consent_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE consent ADD CONSTRAINT consent_pkey PRIMARY KEY (customer_id, purpose);

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_most_check CHECK ((most >= 0));

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_pkey PRIMARY KEY (cap_id);

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_window_minutes_check CHECK ((window_minutes > 0));

ALTER TABLE customer ADD CONSTRAINT customer_customer_id_check CHECK (((customer_id >= 1) AND (customer_id <= '4294967295'::bigint)));

ALTER TABLE customer ADD CONSTRAINT customer_customer_no_key UNIQUE (customer_no);

ALTER TABLE customer ADD CONSTRAINT customer_pkey PRIMARY KEY (customer_id);

ALTER TABLE customer ADD CONSTRAINT customer_state_check CHECK ((state = ANY (ARRAY['active'::text, 'frozen'::text, 'deceased'::text, 'closed'::text])));

ALTER TABLE customer_home ADD CONSTRAINT customer_home_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_home ADD CONSTRAINT customer_home_home_id_fkey FOREIGN KEY (home_id) REFERENCES customer(customer_id);

ALTER TABLE customer_home ADD CONSTRAINT customer_home_pkey PRIMARY KEY (customer_id);

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_is_only_check CHECK (is_only);

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_next_id_check CHECK ((next_id <= '4294967296'::bigint));

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_pkey PRIMARY KEY (is_only);

ALTER TABLE customer_identity ADD CONSTRAINT customer_identity_pkey PRIMARY KEY (customer_id, kind, hash);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_linked_customer_id_fkey FOREIGN KEY (linked_customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_pkey PRIMARY KEY (customer_id, linked_customer_id, relation, reference);

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_check CHECK ((from_id <> to_id));

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_from_id_fkey FOREIGN KEY (from_id) REFERENCES customer(customer_id);

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_pkey PRIMARY KEY (merge_id);

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_to_id_fkey FOREIGN KEY (to_id) REFERENCES customer(customer_id);

ALTER TABLE customer_owner ADD CONSTRAINT customer_owner_pkey PRIMARY KEY (customer_id, valid_from);

ALTER TABLE customer_sync ADD CONSTRAINT customer_sync_pkey PRIMARY KEY (customer_id, revision);

ALTER TABLE customer_sync_range ADD CONSTRAINT customer_sync_range_check CHECK ((last_id >= first_id));

ALTER TABLE customer_sync_range ADD CONSTRAINT customer_sync_range_pkey PRIMARY KEY (batch_id);

ALTER TABLE debug_session ADD CONSTRAINT debug_session_kind_check CHECK ((kind = ANY (ARRAY['device'::text, 'customerNo'::text, 'source'::text])));

ALTER TABLE debug_session ADD CONSTRAINT debug_session_pkey PRIMARY KEY (session_id);

ALTER TABLE debug_sighting ADD CONSTRAINT debug_sighting_pkey PRIMARY KEY (sighting_id);

ALTER TABLE debug_sighting ADD CONSTRAINT debug_sighting_session_id_fkey FOREIGN KEY (session_id) REFERENCES debug_session(session_id) ON DELETE CASCADE;

ALTER TABLE do_not_contact ADD CONSTRAINT do_not_contact_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE do_not_contact ADD CONSTRAINT do_not_contact_pkey PRIMARY KEY (customer_id);

ALTER TABLE event_outbox ADD CONSTRAINT event_outbox_pkey PRIMARY KEY (outbox_id);

ALTER TABLE gate_customer ADD CONSTRAINT gate_customer_pkey PRIMARY KEY (customer_id);

ALTER TABLE identity_version ADD CONSTRAINT identity_version_is_only_check CHECK (is_only);

ALTER TABLE identity_version ADD CONSTRAINT identity_version_pkey PRIMARY KEY (is_only);

ALTER TABLE identity_waiting ADD CONSTRAINT identity_waiting_pkey PRIMARY KEY (kind, hash, visitor);

ALTER TABLE import_file ADD CONSTRAINT import_file_pkey PRIMARY KEY (mapping_hash, file_hash);

ALTER TABLE import_file ADD CONSTRAINT import_file_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])));

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_pkey PRIMARY KEY (message_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_touch_id_fkey FOREIGN KEY (touch_id) REFERENCES touch(touch_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_touch_id_key UNIQUE (touch_id);

ALTER TABLE ingest_process ADD CONSTRAINT ingest_process_pkey PRIMARY KEY (process_id);

ALTER TABLE installation ADD CONSTRAINT installation_pkey PRIMARY KEY (key);

ALTER TABLE job ADD CONSTRAINT job_pkey PRIMARY KEY (job_id);

ALTER TABLE job ADD CONSTRAINT job_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision)));

ALTER TABLE job ADD CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text])));

ALTER TABLE migration ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE org_unit ADD CONSTRAINT org_unit_code_key UNIQUE (code);

ALTER TABLE org_unit ADD CONSTRAINT org_unit_pkey PRIMARY KEY (org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_check CHECK (((valid_to IS NULL) OR (valid_to > valid_from)));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_check1 CHECK ((path[array_length(path, 1)] = org_id));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_kind_check CHECK ((kind = ANY (ARRAY['head_office'::text, 'branch'::text, 'sub_branch'::text, 'outlet'::text])));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES org_unit(org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_pkey PRIMARY KEY (org_id, valid_from);

ALTER TABLE placement ADD CONSTRAINT placement_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE placement ADD CONSTRAINT placement_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE placement ADD CONSTRAINT placement_pkey PRIMARY KEY (campaign_id, customer_id, slot);

ALTER TABLE placement_content ADD CONSTRAINT placement_content_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE placement_content ADD CONSTRAINT placement_content_pkey PRIMARY KEY (campaign_id);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_check CHECK ((to_shard <> from_shard));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_from_shard_fkey FOREIGN KEY (from_shard) REFERENCES placement_shard(shard);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'slot'::text])));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_pkey PRIMARY KEY (move_id);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_state_check CHECK ((state = ANY (ARRAY['copying'::text, 'flipped'::text, 'done'::text])));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_to_shard_fkey FOREIGN KEY (to_shard) REFERENCES placement_shard(shard);

ALTER TABLE placement_shard ADD CONSTRAINT placement_shard_pkey PRIMARY KEY (shard);

ALTER TABLE placement_shard ADD CONSTRAINT placement_shard_shard_check CHECK ((shard > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_chunk_bits_check CHECK (((chunk_bits >= 1) AND (chunk_bits <= 24)));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_is_only_check CHECK (is_only);

ALTER TABLE placement_state ADD CONSTRAINT placement_state_pkey PRIMARY KEY (is_only);

ALTER TABLE placement_state ADD CONSTRAINT placement_state_slots_check CHECK ((slots > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_spread_check CHECK ((spread > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_version_check CHECK ((version > 0));

ALTER TABLE plan_event ADD CONSTRAINT plan_event_check CHECK ((((version = 0) = (published IS NULL)) AND ((version = 0) = (state = 'draft'::text))));

ALTER TABLE plan_event ADD CONSTRAINT plan_event_pkey PRIMARY KEY (key);

ALTER TABLE plan_event ADD CONSTRAINT plan_event_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text, 'deprecated'::text, 'retired'::text])));

ALTER TABLE plan_event_version ADD CONSTRAINT plan_event_version_key_fkey FOREIGN KEY (key) REFERENCES plan_event(key) ON DELETE CASCADE;

ALTER TABLE plan_event_version ADD CONSTRAINT plan_event_version_pkey PRIMARY KEY (key, version);

ALTER TABLE plan_finding_count ADD CONSTRAINT plan_finding_count_pkey PRIMARY KEY (day, source, event, code, path);

ALTER TABLE plan_head ADD CONSTRAINT plan_head_is_only_check CHECK (is_only);

ALTER TABLE plan_head ADD CONSTRAINT plan_head_pkey PRIMARY KEY (is_only);

ALTER TABLE plan_source_mode ADD CONSTRAINT plan_source_mode_mode_check CHECK ((mode = ANY (ARRAY['observe'::text, 'warn'::text, 'enforce'::text])));

ALTER TABLE plan_source_mode ADD CONSTRAINT plan_source_mode_pkey PRIMARY KEY (source);

ALTER TABLE post ADD CONSTRAINT post_check CHECK (((valid_to IS NULL) OR (valid_to > valid_from)));

ALTER TABLE post ADD CONSTRAINT post_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE post ADD CONSTRAINT post_pkey PRIMARY KEY (post_id);

ALTER TABLE post ADD CONSTRAINT post_role_check CHECK ((role = ANY (ARRAY['system_admin'::text, 'security_admin'::text, 'auditor'::text, 'hq_operator'::text, 'approver'::text, 'branch_operator'::text, 'relationship_manager'::text])));

ALTER TABLE post ADD CONSTRAINT post_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_operation_check CHECK ((operation = ANY (ARRAY['set'::text, 'setOnce'::text, 'increment'::text, 'append'::text, 'unset'::text])));

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_pkey PRIMARY KEY (customer_id, attribute, msg);

ALTER TABLE reject_state ADD CONSTRAINT reject_state_pkey PRIMARY KEY (reject_id);

ALTER TABLE reject_state ADD CONSTRAINT reject_state_state_check CHECK ((state = ANY (ARRAY['open'::text, 'replayed'::text, 'dismissed'::text])));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_class_check CHECK ((class = ANY (ARRAY['event'::text, 'event_anonymous'::text, 'reject'::text, 'rate'::text])));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_months_check CHECK (((months >= 1) AND (months <= 240)));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_pkey PRIMARY KEY (class);

ALTER TABLE retention_run ADD CONSTRAINT retention_run_pkey PRIMARY KEY (run_id);

ALTER TABLE segment ADD CONSTRAINT segment_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE segment ADD CONSTRAINT segment_pkey PRIMARY KEY (key);

ALTER TABLE segment ADD CONSTRAINT segment_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE segment_version ADD CONSTRAINT segment_version_key_fkey FOREIGN KEY (key) REFERENCES segment(key);

ALTER TABLE segment_version ADD CONSTRAINT segment_version_pkey PRIMARY KEY (key, version);

ALTER TABLE session ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

ALTER TABLE session ADD CONSTRAINT session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE source ADD CONSTRAINT source_bytes_per_second_check CHECK ((bytes_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_concurrent_requests_check CHECK ((concurrent_requests > 0));

ALTER TABLE source ADD CONSTRAINT source_customer_events_per_second_check CHECK ((customer_events_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_events_per_second_check CHECK ((events_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_kind_check CHECK ((kind = ANY (ARRAY['trusted'::text, 'public'::text])));

ALTER TABLE source ADD CONSTRAINT source_pkey PRIMARY KEY (source);

ALTER TABLE source ADD CONSTRAINT source_state_check CHECK ((state = ANY (ARRAY['active'::text, 'revoked'::text])));

ALTER TABLE staff ADD CONSTRAINT staff_pkey PRIMARY KEY (staff_id);

ALTER TABLE staff ADD CONSTRAINT staff_staff_no_key UNIQUE (staff_no);

ALTER TABLE staff ADD CONSTRAINT staff_state_check CHECK ((state = ANY (ARRAY['active'::text, 'left'::text])));

ALTER TABLE staff ADD CONSTRAINT staff_username_key UNIQUE (username);

ALTER TABLE tag ADD CONSTRAINT tag_class_check CHECK ((class = ANY (ARRAY['C1'::text, 'C2'::text])));

ALTER TABLE tag ADD CONSTRAINT tag_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE tag ADD CONSTRAINT tag_pkey PRIMARY KEY (key);

ALTER TABLE tag ADD CONSTRAINT tag_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE tag ADD CONSTRAINT tag_type_check CHECK ((type = ANY (ARRAY['bool'::text, 'enum'::text, 'number'::text, 'date'::text])));

ALTER TABLE tag_version ADD CONSTRAINT tag_version_key_fkey FOREIGN KEY (key) REFERENCES tag(key);

ALTER TABLE tag_version ADD CONSTRAINT tag_version_pkey PRIMARY KEY (key, version);

ALTER TABLE task ADD CONSTRAINT task_campaign_id_customer_id_key UNIQUE (campaign_id, customer_id);

ALTER TABLE task ADD CONSTRAINT task_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE task ADD CONSTRAINT task_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE task ADD CONSTRAINT task_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY (task_id);

ALTER TABLE task ADD CONSTRAINT task_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE task ADD CONSTRAINT task_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'contacted'::text, 'won'::text, 'lost'::text, 'cancelled'::text])));

ALTER TABLE touch ADD CONSTRAINT touch_once UNIQUE (campaign_id, customer_id, rung, channel);

ALTER TABLE touch ADD CONSTRAINT touch_pkey PRIMARY KEY (touch_id);

ALTER TABLE touch ADD CONSTRAINT touch_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'committed'::text, 'released'::text])));

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_pkey PRIMARY KEY (visitor, from_at);

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_proof_check CHECK ((proof = ANY (ARRAY['trusted_source'::text, 'customer_token'::text, 'bank_data'::text, 'logout'::text])));

ALTER TABLE visitor_binding_undone ADD CONSTRAINT visitor_binding_undone_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE visitor_binding_undone ADD CONSTRAINT visitor_binding_undone_pkey PRIMARY KEY (undone_id);

ALTER TABLE write_key ADD CONSTRAINT write_key_pkey PRIMARY KEY (key);

ALTER TABLE write_key ADD CONSTRAINT write_key_source_fkey FOREIGN KEY (source) REFERENCES source(source);

ALTER TABLE write_key ADD CONSTRAINT write_key_state_check CHECK ((state = ANY (ARRAY['active'::text, 'revoked'::text])));

CREATE INDEX api_token_staff ON public.api_token USING btree (staff_id);

CREATE INDEX approval_object ON public.approval USING btree (object_type, object_key, approval_id);

CREATE UNIQUE INDEX approval_open ON public.approval USING btree (object_type, object_key) WHERE (state = 'open'::text);

CREATE INDEX audit_actor ON public.audit USING btree (actor, seq);

CREATE INDEX audit_object ON public.audit USING btree (object_type, object_id, seq);

CREATE INDEX campaign_run_customer ON public.campaign_run USING btree (customer_id);

CREATE INDEX campaign_run_due ON public.campaign_run USING btree (campaign_id, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX campaign_state ON public.campaign USING btree (state);

CREATE INDEX customer_home_home ON public.customer_home USING btree (home_id);

CREATE INDEX customer_home_unapplied ON public.customer_home USING btree (customer_id) WHERE (applied_at IS NULL);

CREATE INDEX customer_home_version ON public.customer_home USING btree (version);

CREATE INDEX customer_identity_hash ON public.customer_identity USING btree (kind, hash, customer_id);

CREATE UNIQUE INDEX customer_merge_open ON public.customer_merge USING btree (from_id) WHERE (split_at IS NULL);

CREATE INDEX customer_merge_to ON public.customer_merge USING btree (to_id) WHERE (split_at IS NULL);

CREATE INDEX customer_org ON public.customer USING btree (org_id, customer_id);

CREATE INDEX customer_rm ON public.customer USING btree (rm_staff_id, customer_id) WHERE (rm_staff_id IS NOT NULL);

CREATE INDEX debug_session_expires ON public.debug_session USING btree (expires_at);

CREATE INDEX debug_sighting_session ON public.debug_sighting USING btree (session_id, sighting_id);

CREATE INDEX identity_waiting_seen ON public.identity_waiting USING btree (seen_at);

CREATE INDEX import_file_started ON public.import_file USING btree (started_at);

CREATE INDEX inbox_message_customer ON public.inbox_message USING btree (customer_id, sent_at);

CREATE INDEX job_created ON public.job USING btree (created_at);

CREATE UNIQUE INDEX org_unit_version_open ON public.org_unit_version USING btree (org_id) WHERE (valid_to IS NULL);

CREATE INDEX org_unit_version_path ON public.org_unit_version USING gin (path);

CREATE INDEX placement_customer ON public.placement USING btree (customer_id) WHERE (closed_at IS NULL);

CREATE UNIQUE INDEX placement_move_open ON public.placement_move USING btree ((true)) WHERE (state <> 'done'::text);

CREATE UNIQUE INDEX post_open ON public.post USING btree (staff_id, org_id, role) WHERE (valid_to IS NULL);

CREATE INDEX post_org ON public.post USING btree (org_id);

CREATE INDEX post_staff ON public.post USING btree (staff_id);

CREATE INDEX reject_state_received ON public.reject_state USING btree (received_at DESC, reject_id DESC);

CREATE INDEX retention_run_day ON public.retention_run USING btree (class, bank_day);

CREATE INDEX session_staff ON public.session USING btree (staff_id);

CREATE INDEX task_org ON public.task USING btree (org_id, state, due_at);

CREATE INDEX task_staff ON public.task USING btree (staff_id, state, due_at);

CREATE INDEX touch_customer ON public.touch USING btree (customer_id, at) INCLUDE (channel) WHERE ((state <> 'released'::text) AND counts_as_message);

CREATE INDEX visitor_binding_customer ON public.visitor_binding USING btree (customer_id);

CREATE UNIQUE INDEX visitor_binding_open ON public.visitor_binding USING btree (visitor) WHERE (to_at IS NULL);

CREATE INDEX visitor_binding_unapplied ON public.visitor_binding USING btree (from_at) WHERE (applied_at IS NULL);

CREATE INDEX visitor_binding_undone_customer ON public.visitor_binding_undone USING btree (customer_id);

CREATE INDEX visitor_binding_undone_unapplied ON public.visitor_binding_undone USING btree (undone_id) WHERE (applied_at IS NULL);

CREATE INDEX visitor_binding_undone_version ON public.visitor_binding_undone USING btree (version);

CREATE INDEX visitor_binding_undone_visitor ON public.visitor_binding_undone USING btree (visitor);

CREATE INDEX visitor_binding_version ON public.visitor_binding USING btree (version);

CREATE INDEX write_key_source ON public.write_key USING btree (source);

CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'audit is append-only';
END $function$;

CREATE OR REPLACE FUNCTION public.check_customer()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM added AS a WHERE NOT EXISTS (SELECT FROM customer AS c WHERE c.customer_id = a.customer_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names a customer that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.check_owner()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT a.org_id FROM added AS a) AS d
             WHERE NOT EXISTS (SELECT FROM org_unit AS u WHERE u.org_id = d.org_id))
    OR EXISTS (SELECT FROM (SELECT DISTINCT a.rm_staff_id FROM added AS a WHERE a.rm_staff_id IS NOT NULL) AS d
               WHERE NOT EXISTS (SELECT FROM staff AS s WHERE s.staff_id = d.rm_staff_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names an org unit or a staff member that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.gate_reserve(p_campaign integer, p_rung integer, p_channel text, p_counts_as_message boolean, p_customers bigint[], p_at timestamp with time zone)
 RETURNS TABLE(customer_id bigint, outcome text, code text, touch_id bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  v_longest interval := (SELECT make_interval(mins => coalesce(max(k.window_minutes), 0)) FROM contact_cap AS k);
  -- A cap of none closes the channel: no touch needs to be there.
  v_is_closed boolean := p_counts_as_message AND EXISTS (
    SELECT FROM contact_cap AS k WHERE k.most = 0 AND (k.channel IS NULL OR k.channel = p_channel));
BEGIN
  -- Only there does the deciding statement see what was committed while this one waited for its locks.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'gate_reserve needs a read committed transaction';
  END IF;

  -- Locks, always in customer order: two batches that overlap wait for each other, they never deadlock.
  INSERT INTO gate_customer (customer_id)
    SELECT DISTINCT u.id FROM unnest(p_customers) AS u (id) ORDER BY 1 ON CONFLICT DO NOTHING;
  PERFORM 1 FROM gate_customer AS g WHERE g.customer_id = ANY (p_customers) ORDER BY g.customer_id FOR UPDATE;

  -- A new statement, so a new snapshot, taken while holding the locks: counting in the statement above would count
  -- what there was before the wait.
  -- Written so that no plan depends on how many rows the planner expects: probes of an index, hashed lists, no joins
  -- between what was computed here.
  RETURN QUERY
  WITH full_caps AS (
    -- Touches within one window on either side count: workers' times may be out of order.
    SELECT t.customer_id
    FROM touch AS t JOIN contact_cap AS k
      ON (k.channel IS NULL OR (k.channel = p_channel AND t.channel = p_channel))
      AND t.at > p_at - make_interval(mins => k.window_minutes)
      AND t.at < p_at + make_interval(mins => k.window_minutes)
    WHERE p_counts_as_message AND t.customer_id = ANY (p_customers) AND t.state <> 'released' AND t.counts_as_message
      AND t.at > p_at - v_longest AND t.at < p_at + v_longest
    GROUP BY t.customer_id, k.cap_id, k.most HAVING count(*) >= k.most
  ), asked AS MATERIALIZED (
    SELECT s.customer_id, s.code,
      (SELECT t.touch_id FROM touch AS t
       WHERE t.campaign_id = p_campaign AND t.customer_id = s.customer_id AND t.rung = p_rung
         AND t.channel = p_channel AND t.state <> 'released') AS touch_id
    FROM gate_standing(p_customers) AS s
  ), decided AS MATERIALIZED (
    SELECT a.customer_id, a.touch_id,
      CASE
        WHEN a.touch_id IS NOT NULL THEN NULL
        WHEN a.code IS NOT NULL THEN a.code
        WHEN v_is_closed OR a.customer_id IN (SELECT f.customer_id FROM full_caps AS f) THEN 'CAP_REACHED'
      END AS code
    FROM asked AS a
  ), reserved AS (
    INSERT INTO touch AS t (customer_id, channel, counts_as_message, campaign_id, rung, at, state)
    SELECT d.customer_id, p_channel, p_counts_as_message, p_campaign, p_rung, p_at, 'reserved'
    FROM decided AS d WHERE d.code IS NULL AND d.touch_id IS NULL
    ON CONFLICT ON CONSTRAINT touch_once DO UPDATE
      SET state = 'reserved', at = excluded.at, counts_as_message = excluded.counts_as_message
    RETURNING t.customer_id, t.touch_id
  )
  SELECT r.customer_id, 'reserved', NULL, r.touch_id FROM reserved AS r
  UNION ALL
  SELECT d.customer_id, CASE WHEN d.code IS NULL THEN 'reserved' ELSE 'refused' END, d.code, d.touch_id
  FROM decided AS d WHERE d.code IS NOT NULL OR d.touch_id IS NOT NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.gate_standing(p_customers bigint[])
 RETURNS TABLE(customer_id bigint, code text)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT u.customer_id,
    CASE
      WHEN s.is_granted IS NOT TRUE THEN 'NO_CONSENT'
      WHEN d.customer_id IS NOT NULL THEN 'DO_NOT_CONTACT'
      WHEN c.state = 'deceased' THEN 'CUSTOMER_DECEASED'
      WHEN c.state = 'frozen' THEN 'CUSTOMER_FROZEN'
      WHEN c.state = 'closed' THEN 'CUSTOMER_CLOSED'
    END
  FROM (SELECT DISTINCT id FROM unnest(p_customers) AS ids (id)) AS u (customer_id)
  LEFT JOIN consent AS s ON s.customer_id = u.customer_id AND s.purpose = 'marketing'
  LEFT JOIN do_not_contact AS d ON d.customer_id = u.customer_id
  LEFT JOIN customer AS c ON c.customer_id = u.customer_id
$function$;

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER customer_owner_added AFTER INSERT ON public.customer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_owner();

CREATE TRIGGER customer_owner_changed AFTER UPDATE ON public.customer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_owner();

CREATE TRIGGER customer_identity_customer AFTER INSERT ON public.customer_identity REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_customer();

CREATE TRIGGER customer_owner_customer AFTER INSERT ON public.customer_owner REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_customer();

CREATE VIEW org_unit_current AS
SELECT u.org_id,
    u.code,
    v.name,
    v.kind,
    v.parent_id,
    v.path,
    v.valid_from
   FROM org_unit u
     JOIN org_unit_version v ON v.org_id = u.org_id AND v.valid_to IS NULL;
