import { customerError } from '#features/customers/common/customer-errors.ts'
import { sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Remembers which identifier key this database was written with, and refuses to go on with another one. */
export async function checkFieldKey({ pg, crypto }: { pg: Postgres; crypto: FieldCrypto }): Promise<void> {
  const key = `field_key_check:${crypto.keyVersion}`
  const value = JSON.stringify(crypto.hash('key check', key).toString('hex'))
  await pg.execute(sql`
    INSERT INTO installation (key, value) VALUES (${key}, ${value}::jsonb) ON CONFLICT (key) DO NOTHING`)
  const stored = await pg.first<{ same: boolean }>(sql`
    SELECT n.value = ${value}::jsonb AS same FROM installation AS n WHERE n.key = ${key}`)
  if (!stored?.same) throw customerError('FIELD_KEY_WRONG', {})
}
