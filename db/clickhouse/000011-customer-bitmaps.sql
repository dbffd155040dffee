-- Who is a customer, of which org unit and of whom, as bitmaps, so that counting reads no customer rows.

-- Written before a customer's row is: since then bitmaps may be wrong about this customer, whose row counts instead.
CREATE TABLE IF NOT EXISTS customer_touched
(
    customer_id UInt32,
    seq UInt64
)
ENGINE = ReplacingMergeTree(seq)
ORDER BY customer_id
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- Kind 'all' (id 0), 'org' (an org unit itself, without those below) or 'rm' (a person of the bank).
CREATE TABLE IF NOT EXISTS customer_bitmap
(
    kind LowCardinality(String),
    id UInt32,
    chunk UInt32,
    generation UInt64,
    members AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (kind, id, chunk, generation)
SETTINGS index_granularity = 8;

-- The generation of bitmaps that counts for a chunk; customers touched later than it are not in it.
CREATE TABLE IF NOT EXISTS customer_base
(
    chunk UInt32,
    generation UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY chunk
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
