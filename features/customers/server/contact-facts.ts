import type {
  ConsentInput,
  DoNotContactInput,
  LinkInput,
} from '#features/customers/server/customer-inputs.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Links persons, such as the disponent of an account; a link that is there already stays. */
export async function addLinks(tx: PgRunner, rows: readonly LinkInput[]): Promise<void> {
  await tx.execute(sql`
    INSERT INTO customer_link (customer_id, linked_customer_id, relation, reference)
    SELECT * FROM unnest(${rows.map((row) => row.customerId)}::bigint[], ${rows.map((row) => row.linkedCustomerId)}::bigint[],
      ${rows.map((row) => row.relation)}::text[], ${rows.map((row) => row.reference ?? '')}::text[])
    ON CONFLICT DO NOTHING`)
}

/** Records what customers agreed to; an older statement never replaces a newer one. */
export async function setConsents(tx: PgRunner, rows: readonly ConsentInput[]): Promise<void> {
  await tx.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT DISTINCT ON (i.customer_id, i.purpose) i.customer_id, i.purpose, i.is_granted, i.version, i.channel, i.at
    FROM unnest(${rows.map((row) => row.customerId)}::bigint[], ${rows.map((row) => row.purpose)}::text[],
      ${rows.map((row) => row.isGranted)}::boolean[], ${rows.map((row) => row.version)}::text[],
      ${rows.map((row) => row.channel)}::text[], ${rows.map((row) => row.at)}::timestamptz[])
      WITH ORDINALITY AS i(customer_id, purpose, is_granted, version, channel, at, nth)
    ORDER BY i.customer_id, i.purpose, i.at DESC, i.nth DESC
    ON CONFLICT (customer_id, purpose) DO UPDATE
      SET is_granted = excluded.is_granted, version = excluded.version, channel = excluded.channel, at = excluded.at
      WHERE excluded.at >= consent.at`)
}

/** Says who must not be contacted at all, and lifts it where there is no reason; later rows of a batch win. */
export async function setDoNotContact(tx: PgRunner, rows: readonly DoNotContactInput[]): Promise<void> {
  const latest = [...new Map(rows.map((row) => [row.customerId, row])).values()]
  const lifted = latest.filter((row) => row.reason === null)
  const set = latest.filter((row) => row.reason !== null)
  await tx.execute(sql`
    DELETE FROM do_not_contact AS d WHERE d.customer_id = ANY(${lifted.map((row) => row.customerId)}::bigint[])`)
  await tx.execute(sql`
    INSERT INTO do_not_contact (customer_id, reason, at)
    SELECT * FROM unnest(${set.map((row) => row.customerId)}::bigint[], ${set.map((row) => row.reason)}::text[],
      ${set.map((row) => row.at)}::timestamptz[])
    ORDER BY 1
    ON CONFLICT (customer_id) DO UPDATE SET reason = excluded.reason, at = excluded.at`)
}
