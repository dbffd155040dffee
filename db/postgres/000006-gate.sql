-- The contact gate: the only door to a customer.

-- The steps of the gate that ask about the customer alone, in their order; code is null for who may be contacted.
-- Asked when a touch is reserved, again when it is sent, and again when a placement is shown.
CREATE FUNCTION gate_standing(p_customers bigint[]) RETURNS TABLE (customer_id bigint, code text)
LANGUAGE sql STABLE AS $$
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
$$;

-- Decides for many customers at once and reserves a touch for everyone allowed. Asking again for the same campaign,
-- customer, rung and channel gives the touch there already is. Refusals leave no row.
CREATE FUNCTION gate_reserve(
  p_campaign integer, p_rung integer, p_channel text, p_counts_as_message boolean, p_customers bigint[], p_at timestamptz
) RETURNS TABLE (customer_id bigint, outcome text, code text, touch_id bigint)
LANGUAGE plpgsql VOLATILE AS $$
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
END $$;
