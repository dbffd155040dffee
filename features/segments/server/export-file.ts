import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

const zip = promisify(gzip)
const unzip = promisify(gunzip)
const partLength = 1_000_000

/** Writes a file as compressed, encrypted pieces; what is held at any time is one piece. */
export function createFileWriter(deps: { pg: PgRunner; crypto: FieldCrypto; exportId: number }) {
  const { pg, crypto, exportId } = deps
  let text = ''
  let part = 0
  let bytes = 0

  async function flush(): Promise<void> {
    if (text === '') return
    const plain = Buffer.from(text, 'utf8')
    const sealed = crypto.encrypt((await zip(plain)).toString('base64'))
    await pg.execute(sql`
      INSERT INTO segment_export_part (export_id, part, body, key_version)
      VALUES (${exportId}, ${part}, ${sealed.cipher}, ${sealed.keyVersion})`)
    part += 1
    bytes += plain.length
    text = ''
  }

  return {
    /** Begins anew: a job cut short may have left pieces. */
    start: () => pg.execute(sql`DELETE FROM segment_export_part AS p WHERE p.export_id = ${exportId}`),
    async write(lines: string): Promise<void> {
      text += lines
      if (text.length >= partLength) await flush()
    },
    /** Gives the size of the file. */
    async end(): Promise<number> {
      await flush()
      return bytes
    },
  }
}

/** Reads a file back, piece by piece. */
export async function* readFileParts(
  deps: { pg: Postgres; crypto: FieldCrypto },
  exportId: number,
): AsyncGenerator<Buffer> {
  for (let part = 0; ; part += 1) {
    const row = await deps.pg.first<{ body: Buffer; key_version: number }>(sql`
      SELECT p.body, p.key_version FROM segment_export_part AS p WHERE p.export_id = ${exportId} AND p.part = ${part}`)
    if (!row) return
    yield await unzip(Buffer.from(deps.crypto.decrypt(row.body, row.key_version), 'base64'))
  }
}
