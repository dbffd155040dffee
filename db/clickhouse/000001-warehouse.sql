-- Everything counted per customer. Keys and partitions use only values equal on every retry of the same message.

CREATE TABLE IF NOT EXISTS event (
  name LowCardinality(String),
  customer_id UInt32,
  -- First 16 bytes of SHA-256(source, message id).
  msg UUID,
  occurred_at DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  visitor UInt64,
  source LowCardinality(String),
  -- Canonical text by property name; nested names joined with a dot. A missing property is absent.
  props Map(LowCardinality(String), String),
  ver UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY toYear(occurred_at)
ORDER BY (name, customer_id, msg)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS event_anonymous (
  visitor UInt64,
  msg UUID,
  name LowCardinality(String),
  occurred_at DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  source LowCardinality(String),
  props Map(LowCardinality(String), String),
  ver UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY toYear(occurred_at)
ORDER BY (visitor, msg)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS event_reject (
  received_at DateTime64(3, 'UTC'),
  source LowCardinality(String),
  message_id String,
  code LowCardinality(String),
  path String,
  detail String
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, code)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- When a message without a time of its own was first received: its retries must land on the same key.
CREATE TABLE IF NOT EXISTS message_first_receipt (
  msg UUID,
  received_at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toMonday(received_at)
ORDER BY msg
TTL toDateTime(received_at) + INTERVAL 8 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Copy of what PostgreSQL knows of a customer, as far as counting needs it. No direct identifier ever comes here.
CREATE TABLE IF NOT EXISTS customer (
  customer_id UInt32,
  customer_no String,
  org_id UInt32,
  -- 0: none.
  rm_staff_id UInt32,
  state LowCardinality(String),
  is_provisional UInt8,
  attributes Map(LowCardinality(String), String),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
ORDER BY customer_id;

-- A binding also owns what the visitor did between the end of the one before and from_at.
CREATE TABLE IF NOT EXISTS visitor_binding (
  -- First 8 bytes of SHA-256(anonymous id), big-endian.
  visitor UInt64,
  from_at DateTime64(3, 'UTC'),
  to_at DateTime64(3, 'UTC') DEFAULT toDateTime64('2299-12-31 00:00:00', 3, 'UTC'),
  customer_id UInt32,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
ORDER BY (visitor, from_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- A balance from its business date on, until the customer's next row of the same class. A restated day replaces.
CREATE TABLE IF NOT EXISTS balance (
  customer_id UInt32,
  class LowCardinality(String),
  business_date Date32,
  currency LowCardinality(String),
  amount Decimal(18, 2),
  received_at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
ORDER BY (customer_id, class, currency, business_date);

CREATE TABLE IF NOT EXISTS holding (
  customer_id UInt32,
  holding_no String,
  product_code LowCardinality(String),
  family LowCardinality(String),
  currency LowCardinality(String),
  amount Nullable(Decimal(18, 2)),
  opened_on Nullable(Date32),
  closed_on Nullable(Date32),
  attributes Map(LowCardinality(String), String),
  ver UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (customer_id, family, holding_no);

-- The values of one refresh of one tag; PostgreSQL's tag.refresh_id says which refresh counts.
CREATE TABLE IF NOT EXISTS tag_value (
  tag LowCardinality(String),
  refresh_id UInt64,
  customer_id UInt32,
  value String,
  number Nullable(Float64)
) ENGINE = ReplacingMergeTree
ORDER BY (tag, refresh_id, customer_id);

CREATE TABLE IF NOT EXISTS tag_bitmap (
  tag LowCardinality(String),
  refresh_id UInt64,
  value String,
  chunk UInt32,
  members AggregateFunction(groupBitmap, UInt32)
) ENGINE = ReplacingMergeTree
ORDER BY (tag, refresh_id, value, chunk)
SETTINGS index_granularity = 1;

CREATE TABLE IF NOT EXISTS segment_member (
  segment LowCardinality(String),
  refresh_id UInt64,
  chunk UInt32,
  members AggregateFunction(groupBitmap, UInt32)
) ENGINE = ReplacingMergeTree
ORDER BY (segment, refresh_id, chunk)
SETTINGS index_granularity = 1;

-- Who was eligible for a campaign, decided once, before the gate; effects are read against this table.
CREATE TABLE IF NOT EXISTS campaign_member (
  campaign_id UInt32,
  -- The rows of one evaluation; PostgreSQL's campaign.start_id says which counts, so half a one is never read.
  start_id UInt64,
  customer_id UInt32,
  arm LowCardinality(String),
  is_control UInt8,
  org_id UInt32,
  rm_staff_id UInt32,
  eligible_at DateTime64(3, 'UTC'),
  opening_aum Decimal(18, 2),
  opening_tier LowCardinality(String),
  -- Finished campaigns of other systems bring their own contact and outcomes; null for our own.
  contacted_at Nullable(DateTime64(3, 'UTC')),
  outcomes Map(LowCardinality(String), Float64),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
ORDER BY (campaign_id, start_id, customer_id);
