-- Rejects that can be mended and sent again, and how much came from where.

-- Rows from before have an id computed from what they say.
ALTER TABLE event_reject
  ADD COLUMN IF NOT EXISTS reject_id UUID
    DEFAULT reinterpretAsUUID(sipHash128(received_at, source, message_id, code, path, detail)),
  ADD COLUMN IF NOT EXISTS event LowCardinality(String),
  ADD COLUMN IF NOT EXISTS protocol LowCardinality(String),
  -- The message as JSON, identifiers masked; empty where no copy is kept.
  ADD COLUMN IF NOT EXISTS original String CODEC(ZSTD(3));
ALTER TABLE event_reject ADD INDEX IF NOT EXISTS by_reject_id reject_id TYPE bloom_filter GRANULARITY 1;
ALTER TABLE event_reject ADD INDEX IF NOT EXISTS by_source source TYPE set(50) GRANULARITY 4;
ALTER TABLE event_reject ADD INDEX IF NOT EXISTS by_event event TYPE set(200) GRANULARITY 4;

-- One row a segment, source, protocol and minute of receipt: loading a segment again replaces its rows.
CREATE TABLE IF NOT EXISTS ingest_rate (
  minute DateTime('UTC'),
  source LowCardinality(String),
  protocol LowCardinality(String),
  segment String,
  accepted UInt64,
  rejected UInt64,
  -- Properties left out because they were direct identifiers.
  dropped UInt64,
  -- From receipt to queryable, of the oldest and the newest message.
  longest_lag_ms UInt64,
  shortest_lag_ms UInt64,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, source, protocol, segment);
