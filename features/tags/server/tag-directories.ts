import type { Audit } from '#features/audit/server/index.ts'
import type {
  ChangeDirectory,
  CreateDirectory,
  TagDirectories,
  TagDirectory,
} from '#features/tags/common/tag-catalogue.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import type { FolderPaths } from '#features/tags/server/tag-store.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Row = { key: string; parent_key: string | null; name: TagDirectory['name']; position: number }

/** Folders deeper than this are refused: nobody finds anything there. */
const deepest = 8

const readRows = (pg: PgRunner): Promise<Row[]> =>
  pg.query<Row>(sql`
    SELECT d.key, d.parent_key, d.name, d.position FROM tag_directory AS d ORDER BY d.position, d.key`)

/** From each folder to its keys from the top; a chain that never ends is cut. */
function pathsOf(rows: readonly Row[]): Map<string, string[]> {
  const parentOf = new Map(rows.map((row) => [row.key, row.parent_key]))
  return new Map(
    rows.map((row) => {
      const path: string[] = []
      for (
        let key: string | null | undefined = row.key;
        key && path.length <= deepest;
        key = parentOf.get(key)
      )
        path.unshift(key)
      return [row.key, path]
    }),
  )
}

/** Folders of tags: a tree with names in both languages, moved and ordered by hand. */
export function createTagDirectories(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  const { pg, clock, audit } = deps

  const record = (tx: PgRunner, caller: Caller, step: string, key: string, before?: object, after?: object) =>
    audit.record(tx, {
      actor: caller.username,
      action: `tagDirectory.${step}`,
      objectType: 'tag_directory',
      objectId: key,
      before,
      after,
    })

  /** Nobody else moves folders meanwhile: two moves could close a circle that neither sees. */
  async function lockAll(tx: PgRunner): Promise<Row[]> {
    await tx.execute(sql`LOCK TABLE tag_directory IN SHARE ROW EXCLUSIVE MODE`)
    return readRows(tx)
  }

  function checkParent(rows: readonly Row[], key: string, parentKey: string | null): void {
    if (parentKey === null) return
    const path = pathsOf(rows).get(parentKey)
    if (!path) throw tagError('TAG_DIRECTORY_NOT_FOUND', { key: parentKey })
    if (path.includes(key)) throw tagError('TAG_DIRECTORY_CYCLE', { key })
    if (path.length >= deepest) throw tagError('TAG_DIRECTORY_DEEP', { key })
  }

  const nextPosition = (rows: readonly Row[], parentKey: string | null): number =>
    Math.max(0, ...rows.filter((row) => row.parent_key === parentKey).map((row) => row.position + 1))

  /** Puts a folder where it belongs among its brothers; those from there on move by one. */
  const makeRoom = (tx: PgRunner, key: string, parentKey: string | null, position: number) =>
    tx.execute(sql`
      UPDATE tag_directory AS d SET position = d.position + 1
      WHERE d.parent_key IS NOT DISTINCT FROM ${parentKey} AND d.position >= ${position} AND d.key <> ${key}`)

  async function get(pgOrTx: PgRunner, key: string): Promise<TagDirectory> {
    const found = (await list(pgOrTx)).items.find((one) => one.key === key)
    if (!found) throw tagError('TAG_DIRECTORY_NOT_FOUND', { key })
    return found
  }

  async function list(runner: PgRunner = pg): Promise<TagDirectories> {
    const [rows, counts] = [
      await readRows(runner),
      await runner.query<{ directory: string | null; tags: number }>(sql`
        SELECT t.directory, count(*) AS tags FROM tag AS t WHERE t.state <> 'retired' GROUP BY t.directory`),
    ]
    const paths = pathsOf(rows)
    const total = new Map<string, number>()
    for (const { directory, tags } of counts)
      for (const key of paths.get(directory ?? '') ?? []) total.set(key, (total.get(key) ?? 0) + Number(tags))
    return {
      items: rows.map((row) => ({
        key: row.key,
        parentKey: row.parent_key,
        name: row.name,
        position: row.position,
        path: paths.get(row.key) ?? [],
        tags: total.get(row.key) ?? 0,
      })),
      outside: Number(counts.find((one) => one.directory === null)?.tags ?? 0),
    }
  }

  return {
    list: () => list(),
    paths: async (runner: PgRunner = pg): Promise<FolderPaths> => pathsOf(await readRows(runner)),

    async create(caller: Caller, input: CreateDirectory): Promise<TagDirectory> {
      return pg.transaction(async (tx) => {
        const rows = await lockAll(tx)
        if (rows.some((row) => row.key === input.key))
          throw tagError('TAG_DIRECTORY_TAKEN', { key: input.key })
        checkParent(rows, input.key, input.parentKey)
        const position = input.position ?? nextPosition(rows, input.parentKey)
        await makeRoom(tx, input.key, input.parentKey, position)
        await tx.execute(sql`
          INSERT INTO tag_directory (key, parent_key, name, position, updated_at)
          VALUES (${input.key}, ${input.parentKey}, ${JSON.stringify(input.name)}::jsonb, ${position},
            ${clock.now()}::timestamptz)`)
        await record(tx, caller, 'create', input.key, undefined, { ...input, position })
        return get(tx, input.key)
      })
    },

    async change(caller: Caller, key: string, input: ChangeDirectory): Promise<TagDirectory> {
      return pg.transaction(async (tx) => {
        const rows = await lockAll(tx)
        const before = rows.find((row) => row.key === key)
        if (!before) throw tagError('TAG_DIRECTORY_NOT_FOUND', { key })
        checkParent(rows, key, input.parentKey)
        const stays = before.parent_key === input.parentKey
        const position = input.position ?? (stays ? before.position : nextPosition(rows, input.parentKey))
        if (!stays || position !== before.position) await makeRoom(tx, key, input.parentKey, position)
        await tx.execute(sql`
          UPDATE tag_directory AS d SET parent_key = ${input.parentKey}, name = ${JSON.stringify(input.name)}::jsonb,
            position = ${position}, updated_at = ${clock.now()}::timestamptz WHERE d.key = ${key}`)
        await record(tx, caller, 'change', key, before, { ...input, position })
        return get(tx, key)
      })
    },

    /** Removes an empty folder. */
    async remove(caller: Caller, key: string): Promise<void> {
      await pg.transaction(async (tx) => {
        const rows = await lockAll(tx)
        const before = rows.find((row) => row.key === key)
        if (!before) throw tagError('TAG_DIRECTORY_NOT_FOUND', { key })
        const held = await tx.first(
          sql`SELECT 1 FROM tag AS t WHERE t.directory = ${key} AND t.state <> 'retired' LIMIT 1`,
        )
        if (held || rows.some((row) => row.parent_key === key))
          throw tagError('TAG_DIRECTORY_NOT_EMPTY', { key })
        await tx.execute(sql`UPDATE tag SET directory = NULL WHERE directory = ${key}`)
        await tx.execute(sql`DELETE FROM tag_directory WHERE key = ${key}`)
        await record(tx, caller, 'delete', key, before)
      })
    },

    /** The folder a path leads to, null for the top; throws where there is none such. */
    async resolve(tx: PgRunner, path: readonly string[]): Promise<string | null> {
      const last = path.at(-1)
      if (last === undefined) return null
      const known = pathsOf(await readRows(tx)).get(last)
      if (!known || known.join('/') !== path.join('/')) {
        throw tagError('TAG_DIRECTORY_NOT_FOUND', { key: path.join('/') }, [
          { path: 'directory', code: 'TAG_DIRECTORY_NOT_FOUND', message: 'no such folder' },
        ])
      }
      return last
    },

    /** Creates what is missing of a path, each folder with its name. */
    async ensure(
      tx: PgRunner,
      path: readonly string[],
      nameOf: (key: string) => TagDirectory['name'],
    ): Promise<void> {
      const rows = await readRows(tx)
      for (const [depth, key] of path.entries()) {
        if (rows.some((row) => row.key === key)) continue
        const parentKey = path[depth - 1] ?? null
        await tx.execute(sql`
          INSERT INTO tag_directory (key, parent_key, name, position, updated_at)
          VALUES (${key}, ${parentKey}, ${JSON.stringify(nameOf(key))}::jsonb,
            (SELECT count(*) FROM tag_directory AS d WHERE d.parent_key IS NOT DISTINCT FROM ${parentKey}),
            ${clock.now()}::timestamptz) ON CONFLICT (key) DO NOTHING`)
      }
    },
  }
}
export type TagDirectoriesPart = ReturnType<typeof createTagDirectories>
