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
  RETURN QUERY
  WITH existing AS (
    SELECT t.customer_id, t.touch_id FROM touch AS t
    WHERE t.campaign_id = p_campaign AND t.customer_id = ANY (p_customers) AND t.rung = p_rung
      AND t.channel = p_channel AND t.state <> 'released'
  ), full_caps AS (
    -- Touches within one window on either side count: workers' times may be out of order.
    SELECT DISTINCT t.customer_id
    FROM touch AS t JOIN contact_cap AS k
      ON (k.channel IS NULL OR (k.channel = p_channel AND t.channel = p_channel))
      AND t.at > p_at - make_interval(mins => k.window_minutes)
      AND t.at < p_at + make_interval(mins => k.window_minutes)
    WHERE p_counts_as_message AND t.customer_id = ANY (p_customers) AND t.state <> 'released' AND t.counts_as_message
      AND t.at > p_at - v_longest AND t.at < p_at + v_longest
    GROUP BY t.customer_id, k.cap_id, k.most HAVING count(*) >= k.most
  ), decided AS (
    SELECT s.customer_id, e.touch_id,
      CASE
        WHEN e.touch_id IS NOT NULL THEN NULL
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p_counts_as_message AND (full_caps.customer_id IS NOT NULL OR EXISTS (
          SELECT FROM contact_cap AS k WHERE k.most = 0 AND (k.channel IS NULL OR k.channel = p_channel)
        )) THEN 'CAP_REACHED'
      END AS code
    FROM gate_standing(p_customers) AS s
    LEFT JOIN existing AS e ON e.customer_id = s.customer_id
    LEFT JOIN full_caps ON full_caps.customer_id = s.customer_id
  ), reserved AS (
    INSERT INTO touch AS t (customer_id, channel, counts_as_message, campaign_id, rung, at, state)
    SELECT d.customer_id, p_channel, p_counts_as_message, p_campaign, p_rung, p_at, 'reserved'
    FROM decided AS d WHERE d.code IS NULL AND d.touch_id IS NULL
    ON CONFLICT ON CONSTRAINT touch_once DO UPDATE
      SET state = 'reserved', at = excluded.at, counts_as_message = excluded.counts_as_message
    RETURNING t.customer_id, t.touch_id
  )
  SELECT d.customer_id, CASE WHEN d.code IS NULL THEN 'reserved' ELSE 'refused' END, d.code,
    coalesce(d.touch_id, r.touch_id)
  FROM decided AS d LEFT JOIN reserved AS r ON r.customer_id = d.customer_id;
END $$;
