-- What messages did to attributes, as far as a later message may still matter: from the last value that was set on.
CREATE TABLE profile_operation (
  customer_id bigint NOT NULL REFERENCES customer,
  attribute text NOT NULL,
  msg uuid NOT NULL,
  -- By the client's clock, which is the same on every retry.
  at timestamptz NOT NULL,
  operation text NOT NULL CHECK (operation IN ('set', 'setOnce', 'increment', 'append', 'unset')),
  value text NOT NULL,
  PRIMARY KEY (customer_id, attribute, msg)
);
