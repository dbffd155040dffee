CREATE TABLE balance
(
    `customer_id` UInt32,
    `class` LowCardinality(String),
    `business_date` Date32,
    `currency` LowCardinality(String),
    `amount` Decimal(18, 2),
    `received_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `stored_at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (customer_id, class, currency, business_date);

CREATE TABLE campaign_member
(
    `campaign_id` UInt32,
    `start_id` UInt64,
    `customer_id` UInt32,
    `arm` LowCardinality(String),
    `is_control` UInt8,
    `org_id` UInt32,
    `rm_staff_id` UInt32,
    `eligible_at` DateTime64(3, 'UTC'),
    `opening_aum` Decimal(18, 2),
    `opening_tier` LowCardinality(String),
    `contacted_at` Nullable(DateTime64(3, 'UTC')),
    `outcomes` Map(LowCardinality(String), Float64),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (campaign_id, start_id, customer_id);

CREATE TABLE computed_row
(
    `run_id` UInt64,
    `customer_id` UInt32,
    `value` Nullable(String),
    `at` DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (run_id, customer_id)
TTL at + toIntervalDay(1);

CREATE TABLE customer
(
    `customer_id` UInt32,
    `customer_no` String,
    `org_id` UInt32,
    `rm_staff_id` UInt32,
    `state` LowCardinality(String),
    `is_provisional` UInt8,
    `attributes` Map(LowCardinality(String), String),
    `ver` UInt64,
    `stored_at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY customer_id;

CREATE TABLE customer_base
(
    `chunk` UInt32,
    `generation` UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY chunk
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE customer_bitmap
(
    `kind` LowCardinality(String),
    `id` UInt32,
    `chunk` UInt32,
    `generation` UInt64,
    `members` AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (kind, id, chunk, generation)
SETTINGS index_granularity = 8;

CREATE TABLE customer_touched
(
    `customer_id` UInt32,
    `seq` UInt64
)
ENGINE = ReplacingMergeTree(seq)
ORDER BY customer_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024;

CREATE TABLE event
(
    `name` LowCardinality(String),
    `customer_id` UInt32 CODEC(Delta(4), ZSTD(1)),
    `msg` UUID CODEC(NONE),
    `occurred_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `visitor` UInt64 CODEC(ZSTD(1)),
    `source` LowCardinality(String),
    `props` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ver` UInt64 CODEC(T64, ZSTD(1)),
    `is_deleted` UInt8,
    `client_at` DateTime64(3, 'UTC') DEFAULT occurred_at CODEC(T64, ZSTD(1)),
    `stored_at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(T64, ZSTD(1)),
    INDEX unsure (is_deleted OR (occurred_at != client_at)) TYPE minmax GRANULARITY 4
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY if(client_at < toDateTime64('2020-01-01 00:00:00', 3, 'UTC'), toYear(client_at) * 100, toYYYYMM(client_at))
ORDER BY (name, customer_id, msg)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000, vertical_merge_algorithm_min_columns_to_activate = 1, vertical_merge_algorithm_min_rows_to_activate = 1;

CREATE TABLE event_anonymous
(
    `visitor` UInt64 CODEC(ZSTD(1)),
    `msg` UUID CODEC(NONE),
    `name` LowCardinality(String),
    `occurred_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `source` LowCardinality(String),
    `props` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ver` UInt64 CODEC(T64, ZSTD(1)),
    `is_deleted` UInt8,
    `client_at` DateTime64(3, 'UTC') DEFAULT occurred_at CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
PARTITION BY if(client_at < toDateTime64('2020-01-01 00:00:00', 3, 'UTC'), toYear(client_at) * 100, toYYYYMM(client_at))
ORDER BY (visitor, msg)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000, vertical_merge_algorithm_min_columns_to_activate = 1, vertical_merge_algorithm_min_rows_to_activate = 1;

CREATE TABLE event_reject
(
    `received_at` DateTime64(3, 'UTC'),
    `source` LowCardinality(String),
    `message_id` String,
    `code` LowCardinality(String),
    `path` String,
    `detail` String,
    `reject_id` UUID DEFAULT reinterpretAsUUID(sipHash128(received_at, source, message_id, code, path, detail)),
    `event` LowCardinality(String),
    `protocol` LowCardinality(String),
    `original` String CODEC(ZSTD(3)),
    INDEX by_reject_id reject_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_source source TYPE set(50) GRANULARITY 4,
    INDEX by_event event TYPE set(200) GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, code)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE holding
(
    `customer_id` UInt32,
    `holding_no` String,
    `product_code` LowCardinality(String),
    `family` LowCardinality(String),
    `currency` LowCardinality(String),
    `amount` Nullable(Decimal(18, 2)),
    `opened_on` Nullable(Date32),
    `closed_on` Nullable(Date32),
    `attributes` Map(LowCardinality(String), String),
    `ver` UInt64,
    `is_deleted` UInt8,
    `stored_at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (customer_id, family, holding_no);

CREATE TABLE ingest_rate
(
    `minute` DateTime('UTC'),
    `source` LowCardinality(String),
    `protocol` LowCardinality(String),
    `segment` String,
    `accepted` UInt64,
    `rejected` UInt64,
    `dropped` UInt64,
    `longest_lag_ms` UInt64,
    `shortest_lag_ms` UInt64,
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, source, protocol, segment);

CREATE TABLE list_member
(
    `list` LowCardinality(String),
    `version` UInt32,
    `customer_id` UInt32,
    `value` String
)
ENGINE = ReplacingMergeTree
ORDER BY (list, version, customer_id);

CREATE TABLE message_first_receipt
(
    `msg` UUID,
    `received_at` DateTime64(3, 'UTC'),
    `moment_at` DateTime64(3, 'UTC') DEFAULT received_at,
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toMonday(received_at)
ORDER BY msg
TTL toDateTime(received_at) + toIntervalDay(8)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE migration
(
    `number` UInt32,
    `name` String,
    `checksum` String,
    `breaking` UInt8,
    `applied_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY number;

CREATE TABLE segment_feed
(
    `segment` LowCardinality(String),
    `pass` UInt64,
    `customer_id` UInt32,
    `msg` UUID,
    `is_member` UInt8,
    `at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (segment, pass, customer_id, msg)
SETTINGS index_granularity = 1024;

CREATE TABLE segment_member
(
    `segment` LowCardinality(String),
    `refresh_id` UInt64,
    `chunk` UInt32,
    `members` AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (segment, refresh_id, chunk)
SETTINGS index_granularity = 1;

CREATE TABLE segment_recent
(
    `segment` LowCardinality(String),
    `refresh_id` UInt64,
    `customer_id` UInt32,
    `is_member` UInt8,
    `turn` UInt32,
    `at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (segment, refresh_id, customer_id)
SETTINGS index_granularity = 1024;

CREATE TABLE segment_snapshot_member
(
    `snapshot_id` UInt32,
    `chunk` UInt32,
    `members` AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (snapshot_id, chunk)
SETTINGS index_granularity = 1;

CREATE TABLE segment_transition
(
    `segment` LowCardinality(String),
    `pass` UInt64,
    `customer_id` UInt32,
    `is_member` UInt8,
    `stored_at` DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (segment, pass, customer_id)
TTL stored_at + toIntervalDay(30)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024;

CREATE TABLE tag_bitmap
(
    `tag` LowCardinality(String),
    `refresh_id` UInt64,
    `value` String,
    `chunk` UInt32,
    `members` AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (tag, refresh_id, value, chunk)
SETTINGS index_granularity = 1;

CREATE TABLE tag_change
(
    `tag` LowCardinality(String),
    `customer_id` UInt32,
    `at` DateTime64(3, 'UTC'),
    `value` Nullable(String),
    `number` Nullable(Float64),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tag, customer_id, at)
SETTINGS index_granularity = 1024;

CREATE TABLE tag_diff
(
    `work_id` UInt64,
    `tag` LowCardinality(String),
    `customer_id` UInt32,
    `value` Nullable(String),
    `number` Nullable(Float64),
    `had_value` UInt8,
    `written_at` DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (work_id, tag, customer_id)
TTL written_at + toIntervalDay(1);

CREATE TABLE tag_recent
(
    `tag` LowCardinality(String),
    `refresh_id` UInt64,
    `customer_id` UInt32,
    `value` Nullable(String),
    `number` Nullable(Float64),
    `at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tag, refresh_id, customer_id)
SETTINGS index_granularity = 1024;

CREATE TABLE tag_touched
(
    `work_id` UInt64,
    `customer_id` UInt32,
    `written_at` DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (work_id, customer_id)
TTL written_at + toIntervalDay(1)
SETTINGS index_granularity = 1024;

CREATE TABLE tag_value
(
    `tag` LowCardinality(String),
    `refresh_id` UInt64,
    `customer_id` UInt32,
    `value` String,
    `number` Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (tag, refresh_id, customer_id);

CREATE TABLE visitor_binding
(
    `visitor` UInt64,
    `from_at` DateTime64(3, 'UTC'),
    `to_at` DateTime64(3, 'UTC') DEFAULT toDateTime64('2299-12-31 00:00:00', 3, 'UTC'),
    `customer_id` UInt32,
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (visitor, from_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
