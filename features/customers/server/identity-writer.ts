import { maskIdentifier } from '#features/customers/common/mask.ts'
import type { IdentityInput } from '#features/customers/server/customer-inputs.ts'
import { storable } from '#features/customers/server/customer-rows.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type IdentitiesOf = { customerId: number; identities: readonly IdentityInput[] }

type Columns = { ids: number[]; kinds: string[]; hashes: Buffer[]; ciphers: Buffer[]; masks: string[] }

const seal = (crypto: FieldCrypto, rows: readonly IdentitiesOf[]): Columns => {
  const columns: Columns = { ids: [], kinds: [], hashes: [], ciphers: [], masks: [] }
  for (const { customerId, identities } of rows) {
    for (const { kind, value } of identities) {
      const text = storable(value).trim()
      if (text === '') continue
      columns.ids.push(customerId)
      columns.kinds.push(kind)
      columns.hashes.push(crypto.hash(kind, text))
      columns.ciphers.push(crypto.encrypt(text).cipher)
      columns.masks.push(maskIdentifier(kind, text))
    }
  }
  return columns
}

const inputOf = (columns: Columns): Sql => sql`
  unnest(${columns.ids}::bigint[], ${columns.kinds}::text[], ${columns.hashes}::bytea[], ${columns.ciphers}::bytea[],
    ${columns.masks}::text[]) AS i(customer_id, kind, hash, cipher, masked)`

/** Writes identifiers encrypted, hashed and masked; the clear text never leaves this file's memory. */
export function createIdentityWriter(crypto: FieldCrypto) {
  const insert = (tx: PgRunner, columns: Columns, condition: Sql) =>
    tx.execute(sql`
      INSERT INTO customer_identity (customer_id, kind, hash, cipher, key_version, masked)
      SELECT i.customer_id, i.kind, i.hash, i.cipher, ${crypto.keyVersion}::int, i.masked
      FROM ${inputOf(columns)} WHERE ${condition}
      ON CONFLICT (customer_id, kind, hash) DO NOTHING`)

  return {
    /** The given identifiers are all there are of their kinds. */
    async replace(tx: PgRunner, rows: readonly IdentitiesOf[], areNew: boolean): Promise<void> {
      const columns = seal(crypto, rows)
      if (columns.ids.length === 0) return
      if (!areNew) {
        await tx.execute(sql`
          WITH input AS MATERIALIZED (SELECT i.customer_id, i.kind, i.hash FROM ${inputOf(columns)})
          DELETE FROM customer_identity AS x USING (SELECT DISTINCT n.customer_id, n.kind FROM input AS n) AS k
          WHERE x.customer_id = k.customer_id AND x.kind = k.kind
            AND NOT EXISTS (SELECT 1 FROM input AS n
              WHERE n.customer_id = x.customer_id AND n.kind = x.kind AND n.hash = x.hash)`)
      }
      await insert(tx, columns, sql`true`)
    },

    /** Only for kinds the customer has nothing of: what an app says never overwrites what the bank knows. */
    async fill(tx: PgRunner, rows: readonly IdentitiesOf[]): Promise<void> {
      const columns = seal(crypto, rows)
      if (columns.ids.length === 0) return
      await insert(
        tx,
        columns,
        sql`EXISTS (SELECT 1 FROM customer AS c WHERE c.customer_id = i.customer_id)
          AND NOT EXISTS (SELECT 1 FROM customer_identity AS x WHERE x.customer_id = i.customer_id AND x.kind = i.kind)`,
      )
    },
  }
}
