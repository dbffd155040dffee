import type { Audit } from '#features/audit/server/index.ts'
import type { BulkResult, BulkTags } from '#features/tags/common/tag-catalogue.ts'
import type { TagCatalogue } from '#features/tags/server/tag-catalogue.ts'
import type { TagDirectoriesPart } from '#features/tags/server/tag-directories.ts'
import { setTag, type TagRow } from '#features/tags/server/tag-store.ts'
import type { TagUses } from '#features/tags/server/tag-uses.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Item = BulkResult['items'][number]
type Action = BulkTags['action']

/** A preview does everything and then takes it back. */
class Preview extends Error {}

/** The same to many tags at once, with a look at what it would do before. */
export function createTagBulk(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  catalogue: TagCatalogue
  directories: TagDirectoriesPart
  uses: TagUses
}) {
  const { pg, clock, audit, catalogue, directories, uses } = deps

  async function move(tx: PgRunner, caller: Caller, row: TagRow, path: readonly string[]): Promise<Item> {
    const folder = path.at(-1) ?? null
    const before = (await directories.paths(tx)).get(row.directory ?? '') ?? []
    const item = { key: row.key, name: row.name.zh, detail: `/${before.join('/')} → /${path.join('/')}` }
    if (folder === row.directory) return { ...item, outcome: 'same' }
    await setTag(tx, row.key, sql`directory = ${folder}`, clock.now())
    await audit.record(tx, {
      actor: caller.username,
      action: 'tag.move',
      objectType: 'tag',
      objectId: row.key,
      orgId: row.owner_org_id,
      before: { directory: before },
      after: { directory: path },
    })
    return { ...item, outcome: 'done' }
  }

  async function one(
    tx: PgRunner,
    caller: Caller,
    key: string,
    action: Action,
    blocking: string,
  ): Promise<Item> {
    const row = await catalogue.lockOwn(tx, caller, key)
    if ('move' in action) return move(tx, caller, row, action.move)
    const item = { key, name: row.name.zh }
    if (blocking) return { ...item, outcome: 'refused', detail: blocking }
    await catalogue.retireIn(tx, caller, key, { ...action.retire, despiteUses: false })
    return { ...item, outcome: 'done', detail: action.retire.reason }
  }

  /** What stands in the way of retiring each of these tags: everything that names it and does not go itself. */
  async function blockingOf(keys: readonly string[], action: Action): Promise<Map<string, string>> {
    if ('move' in action) return new Map()
    const found = new Map(
      await Promise.all(keys.map(async (key) => [key, await uses.of('tag', key)] as const)),
    )
    const going = new Set(keys)
    for (let before = -1; before !== going.size; ) {
      before = going.size
      for (const key of keys) {
        const stays = found.get(key)?.some((use) => use.type !== 'tag' || !going.has(use.key))
        if (stays) going.delete(key)
      }
    }
    const left = (key: string) =>
      (found.get(key) ?? []).filter((use) => use.type !== 'tag' || !going.has(use.key))
    return new Map(
      keys.map((key) => [
        key,
        left(key)
          .map((use) => `${use.type} ${use.key}`)
          .join(', '),
      ]),
    )
  }

  /** One tag that is refused stops no other; anything unexpected stops all. */
  async function oneOrRefused(...[tx, caller, key, ...rest]: Parameters<typeof one>): Promise<Item> {
    try {
      return await one(tx, caller, key, ...rest)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const outcome = error.code === 'TAG_NOT_FOUND' ? 'unknown' : 'refused'
      return { key, name: key, outcome, detail: error.code }
    }
  }

  return async (caller: Caller, input: BulkTags): Promise<BulkResult> => {
    const keys = [...new Set(input.keys)].sort()
    const blocking = await blockingOf(keys, input.action)
    const items: Item[] = []
    const work = async (tx: PgRunner) => {
      if ('move' in input.action) await directories.resolve(tx, input.action.move)
      for (const key of keys)
        items.push(await oneOrRefused(tx, caller, key, input.action, blocking.get(key) ?? ''))
      if (input.preview) throw new Preview()
    }
    await pg.transaction(work).catch((error: unknown) => {
      if (!(error instanceof Preview)) throw error
    })
    const done = items.filter((item) => item.outcome === 'done').length
    return { isPreview: input.preview, done: input.preview ? 0 : done, items }
  }
}
