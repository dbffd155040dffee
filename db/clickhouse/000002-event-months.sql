-- Events by the month of the client's own time, with that time as a column: keys and partitions use only what is equal on
-- every retry, while occurred_at may be corrected by what the client's clock said when it sent.

CREATE TABLE IF NOT EXISTS event_next (
  name LowCardinality(String),
  customer_id UInt32 CODEC(Delta, ZSTD),
  -- First 16 bytes of SHA-256(source, message id): nothing a codec could shorten.
  msg UUID CODEC(NONE),
  -- By our clock.
  occurred_at DateTime64(3, 'UTC') CODEC(T64, ZSTD),
  received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD),
  visitor UInt64 CODEC(ZSTD),
  source LowCardinality(String),
  -- Canonical text by property name; nested names joined with a dot. A missing property is absent.
  props Map(LowCardinality(String), String) CODEC(ZSTD),
  -- The first receipt of a message has the largest.
  ver UInt64 CODEC(T64, ZSTD),
  is_deleted UInt8,
  -- As the client said it, or the first receipt of what came without a time.
  client_at DateTime64(3, 'UTC') DEFAULT occurred_at CODEC(T64, ZSTD),
  -- Where versions of a message may differ in what is asked for; nearly everywhere they can't.
  INDEX unsure (is_deleted OR (occurred_at != client_at)) TYPE minmax GRANULARITY 4
) ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY if(client_at < toDateTime64('2020-01-01 00:00:00', 3, 'UTC'), toYear(client_at) * 100, toYYYYMM(client_at))
ORDER BY (name, customer_id, msg)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event' AND name = 'client_at'
TRUNCATE TABLE event_next;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event' AND name = 'client_at'
INSERT INTO event_next (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted, client_at)
SELECT e.name, e.customer_id, e.msg, e.occurred_at, e.received_at, e.visitor, e.source, e.props, e.ver, e.is_deleted, e.occurred_at
FROM event AS e SETTINGS max_partitions_per_insert_block = 0, insert_deduplicate = 0;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event' AND name = 'client_at'
EXCHANGE TABLES event AND event_next;

DROP TABLE IF EXISTS event_next;

CREATE TABLE IF NOT EXISTS event_anonymous_next (
  visitor UInt64 CODEC(ZSTD),
  msg UUID CODEC(NONE),
  name LowCardinality(String),
  occurred_at DateTime64(3, 'UTC') CODEC(T64, ZSTD),
  received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD),
  source LowCardinality(String),
  props Map(LowCardinality(String), String) CODEC(ZSTD),
  ver UInt64 CODEC(T64, ZSTD),
  is_deleted UInt8,
  client_at DateTime64(3, 'UTC') DEFAULT occurred_at CODEC(T64, ZSTD)
) ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY if(client_at < toDateTime64('2020-01-01 00:00:00', 3, 'UTC'), toYear(client_at) * 100, toYYYYMM(client_at))
ORDER BY (visitor, msg)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event_anonymous' AND name = 'client_at'
TRUNCATE TABLE event_anonymous_next;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event_anonymous' AND name = 'client_at'
INSERT INTO event_anonymous_next (visitor, msg, name, occurred_at, received_at, source, props, ver, is_deleted, client_at)
SELECT e.visitor, e.msg, e.name, e.occurred_at, e.received_at, e.source, e.props, e.ver, e.is_deleted, e.occurred_at
FROM event_anonymous AS e SETTINGS max_partitions_per_insert_block = 0, insert_deduplicate = 0;

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event_anonymous' AND name = 'client_at'
EXCHANGE TABLES event_anonymous AND event_anonymous_next;

DROP TABLE IF EXISTS event_anonymous_next;

-- When we say that such a message happened; with no time at all that is when it came.
ALTER TABLE message_first_receipt ADD COLUMN IF NOT EXISTS moment_at DateTime64(3, 'UTC') DEFAULT received_at AFTER received_at;
