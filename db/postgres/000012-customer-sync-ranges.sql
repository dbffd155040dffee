-- New customers come in batches with ids side by side: one row here says what a row a customer in customer_sync would.
CREATE TABLE customer_sync_range (
  batch_id uuid PRIMARY KEY,
  first_id bigint NOT NULL,
  last_id bigint NOT NULL CHECK (last_id >= first_id)
);
