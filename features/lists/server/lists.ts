import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { ChangeList, CreateList, CustomerList, MemberQuery } from '#features/lists/common/list.ts'
import { listError } from '#features/lists/common/list-errors.ts'
import { cleanLists } from '#features/lists/server/clean-lists.ts'
import { createListKeeper } from '#features/lists/server/keep-list.ts'
import { countMembers, pageOfMembers } from '#features/lists/server/list-members.ts'
import * as store from '#features/lists/server/list-store.ts'
import { loadList } from '#features/lists/server/load-list.ts'
import { type ListLine, readListFile } from '#features/lists/server/read-list-file.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { PageQuery } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type ListUse = { type: string; key: string; name: string }
export type Lists = ReturnType<typeof createLists>
type Deps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
}

const describe = (row: store.ListRow, members: number): CustomerList => ({
  key: row.key,
  name: row.name,
  description: row.description,
  version: row.version,
  members,
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
})

const maySee = (scope: OrgScope, row: store.ListRow): boolean =>
  scope.everyone || scope.orgIds.includes(row.owner_org_id)

async function* asRows(key: string, version: number, lines: AsyncIterable<ListLine>) {
  for await (const { line, customerNo, value, reason } of lines)
    yield [key, version, line, customerNo, value, reason]
}

/** Fixed lists of customers: uploaded as a file, each upload a version that replaces the one before at once. */
export function createLists(deps: Deps) {
  const { pg, ch, clock, audit, jobs } = deps
  const users: ((key: string) => Promise<ListUse[]>)[] = []
  jobs.define('list.load', async (input: { key: string; version: number }, context) => {
    try {
      return await loadList(deps, input, context.progress)
    } catch (error) {
      await store.failUpload(pg, input.key, input.version, clock.now())
      throw error
    }
  })
  jobs.define('list.clean', () => cleanLists(deps))
  jobs.every('list.clean', 3_600_000)

  async function get(key: string): Promise<store.ListRow> {
    const row = await store.findList(pg, key)
    if (!row) throw listError('LIST_NOT_FOUND', { key })
    return row
  }

  async function lockOwn(tx: PgRunner, caller: Caller, key: string): Promise<store.ListRow> {
    const row = await store.lockList(tx, key)
    if (!row) throw listError('LIST_NOT_FOUND', { key })
    if (!maySee(caller.scopeOf('list.write'), row)) throw listError('LIST_NOT_OWN', { key })
    return row
  }

  const uses = async (key: string): Promise<ListUse[]> =>
    (await Promise.all(users.map((usesOf) => usesOf(key)))).flat()

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    key: string,
    states: { before?: unknown; after?: unknown },
  ) => audit.record(tx, { actor: caller.username, action, objectType: 'list', objectId: key, ...states })

  const withMembers = async (scope: OrgScope, rows: readonly store.ListRow[]): Promise<CustomerList[]> => {
    const counts = await countMembers(ch, scope, rows)
    return rows.map((row) => describe(row, counts.get(row.key) ?? 0))
  }

  async function receive(
    caller: Caller,
    key: string,
    file: { name: string; body: Readable },
  ): Promise<{ jobId: string; version: number; rows: number }> {
    const version = await pg.transaction(async (tx) => {
      await lockOwn(tx, caller, key)
      const upload = { key, fileName: file.name, scope: caller.scopeOf('list.write'), by: caller.username }
      return store.beginUpload(tx, upload, clock.now())
    })
    try {
      const { lines, digest } = readListFile(file.body)
      const columns = ['list_key', 'version', 'line', 'customer_no', 'value', 'reason']
      const rows = await pg.copyIn('list_line', columns, asRows(key, version, lines))
      if (rows === 0) throw listError('LIST_FILE_EMPTY', {})
      return await queue(caller, { key, version, rows, sha256: digest() })
    } catch (error) {
      await store.failUpload(pg, key, version, clock.now())
      throw error
    }
  }

  const queue = (caller: Caller, upload: { key: string; version: number; rows: number; sha256: string }) =>
    pg.transaction(async (tx) => {
      const { key, version, rows, sha256 } = upload
      const jobId = await jobs.enqueue('list.load', { key, version }, caller.username, { tx })
      await tx.execute(sql`
        UPDATE list_upload SET state = 'queued', job_id = ${jobId}, row_count = ${rows}, sha256 = ${sha256}
        WHERE list_key = ${key} AND version = ${version}`)
      await record(tx, caller, 'list.upload', key, { after: { version, rows, sha256 } })
      return { jobId, version, rows }
    })

  return {
    ...createListKeeper(deps),
    async list(scope: OrgScope, { limit, cursor }: PageQuery) {
      const after = decodeCursor(cursor, 1)?.[0] ?? null
      const rows = await store.pageOfLists(pg, after === null ? null : String(after), limit + 1)
      const page = toPage(
        rows,
        limit,
        (row) => [row.key],
        (row) => row,
      )
      return { items: await withMembers(scope, page.items), nextCursor: page.nextCursor }
    },
    async get(scope: OrgScope, key: string): Promise<CustomerList> {
      const [list] = await withMembers(scope, [await get(key)])
      if (!list) throw listError('LIST_NOT_FOUND', { key })
      return list
    },
    create: (caller: Caller, input: CreateList): Promise<CustomerList> =>
      pg.transaction(async (tx) => {
        const row = await store.insertList(tx, input, caller, clock.now())
        if (!row) {
          throw listError('LIST_KEY_TAKEN', { key: input.key }, [
            { path: 'key', code: 'LIST_KEY_TAKEN', message: 'is taken' },
          ])
        }
        await record(tx, caller, 'list.create', row.key, { after: input })
        return describe(row, 0)
      }),
    async change(caller: Caller, key: string, input: ChangeList): Promise<CustomerList> {
      const row = await pg.transaction(async (tx) => {
        const { name, description } = await lockOwn(tx, caller, key)
        const after = await store.updateList(tx, key, input, clock.now())
        await record(tx, caller, 'list.change', key, { before: { name, description }, after: input })
        return after
      })
      const [list] = row ? await withMembers(caller.scopeOf('list.read'), [row]) : []
      if (!list) throw listError('LIST_NOT_FOUND', { key })
      return list
    },
    async remove(caller: Caller, key: string): Promise<void> {
      await get(key)
      const found = await uses(key)
      if (found.length > 0)
        throw listError('LIST_IN_USE', { key, uses: found.map((use) => `${use.type} ${use.key}`).join(', ') })
      await pg.transaction(async (tx) => {
        const { name, version } = await lockOwn(tx, caller, key)
        await store.retireList(tx, key, clock.now())
        await record(tx, caller, 'list.delete', key, { before: { name, version } })
      })
    },
    /** Takes a file as it streams in, and queues the work of making it the list's members. */
    receive,
    async uploads(key: string) {
      await get(key)
      return (await store.listUploads(pg, key)).map(store.describeUpload)
    },
    async members(scope: OrgScope, key: string, query: z.output<typeof MemberQuery>) {
      return pageOfMembers(ch, scope, await get(key), query)
    },
    /** The lines of an upload that named nobody, in pages; only for whoever manages the list. */
    async rejects(caller: Caller, key: string, version: number) {
      const row = await get(key)
      if (!maySee(caller.scopeOf('list.write'), row)) throw listError('LIST_NOT_OWN', { key })
      if (!(await store.findUpload(pg, key, version)))
        throw listError('LIST_UPLOAD_NOT_FOUND', { key, version })
      return store.streamRejects(pg, key, version)
    },
    async uses(key: string): Promise<ListUse[]> {
      await get(key)
      return uses(key)
    },
    clean: () => cleanLists(deps),
    /** Another feature says here what of its own uses a list. */
    addUses(usesOf: (key: string) => Promise<ListUse[]>): void {
      users.push(usesOf)
    },
  }
}
