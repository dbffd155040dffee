-- What one customer, or one device, may send through a source; null: the default.
ALTER TABLE source ADD COLUMN customer_events_per_second integer CHECK (customer_events_per_second > 0);
