import { isDeepStrictEqual } from 'node:util'
import { type Approvals, contentHash, type Material } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { type ChangeTag, type CreateTag, needsApproval, type Tag } from '#features/tags/common/tag.ts'
import type { RetireTag } from '#features/tags/common/tag-catalogue.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import type { TagSource } from '#features/tags/common/tag-source.ts'
import type { TagDirectoriesPart } from '#features/tags/server/tag-directories.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import { referencesOf } from '#features/tags/server/tag-references.ts'
import * as store from '#features/tags/server/tag-store.ts'
import type { TagUses } from '#features/tags/server/tag-uses.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type CatalogueDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  rules: Rules
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw'>
  directories: TagDirectoriesPart
  uses: TagUses
  /** Puts the computation of a tag in the queue. */
  enqueue(key: string, by: string, tx: PgRunner): Promise<string>
}
export type TagCatalogue = ReturnType<typeof createTagCatalogue>

const object = (key: string) => ({ objectType: 'tag', key })

/** What an approval of a tag is about. */
type Body = { key: string; definition: store.TagDefinition }

/** Kinds whose values follow events and are worth to be updated with each. */
const streamsByDefault = (source: TagSource): boolean => 'event' in source || 'rule' in source

const definitionFrom = (input: ChangeTag | CreateTag): store.TagDefinition => ({
  name: input.name,
  type: input.type,
  source: input.source,
  class: input.class,
  description: input.description,
  refreshEveryMinutes: input.refreshEveryMinutes,
  unit: input.unit,
  expiresAt: input.expiresAt && new Date(input.expiresAt).toISOString(),
  streaming: input.streaming ?? streamsByDefault(input.source),
})

/** Values come from these alone; everything else only says more about them. */
const areValuesKept = (before: store.TagDefinition, after: store.TagDefinition): boolean =>
  before.type === after.type && isDeepStrictEqual(before.source, after.source)

const shownState = (row: store.TagRow): string => (row.state === 'active' ? 'published' : row.state)

/** Defining tags, from draft to retirement; what is sensitive takes effect once someone else has approved it. */
export function createTagCatalogue(deps: CatalogueDeps) {
  const { pg, clock, audit, approvals, directories, uses } = deps

  const describe = async (row: store.TagRow, runner: PgRunner = pg): Promise<Tag> =>
    store.describeTag(row, await directories.paths(runner), clock.now())

  const record = (
    tx: PgRunner,
    caller: { username: string },
    step: string,
    rows: { before?: store.TagRow; after?: store.TagRow; reason?: string },
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action: `tag.${step}`,
      objectType: 'tag',
      objectId: (rows.after ?? rows.before)?.key ?? '',
      orgId: (rows.after ?? rows.before)?.owner_org_id,
      before: rows.before && { state: shownState(rows.before), ...store.definitionOf(rows.before) },
      after: rows.after && { state: shownState(rows.after), ...store.definitionOf(rows.after) },
      reason: rows.reason,
    })

  /** Refuses a source that cannot be answered, and one that would need the tag itself, over however many tags. */
  async function checkSource(
    tx: PgRunner,
    key: string,
    { source, type }: store.TagDefinition,
  ): Promise<void> {
    const time = { now: clock.now(), timeZone: deps.timeZone }
    await kindOf(source).check?.(source, type, { pg: tx, ch: deps.ch, rules: deps.rules, time })
    const references = await referencesOf(tx, source)
    if (references.some((one) => one.kind === 'tag' && one.key === key)) {
      throw tagError('TAG_CYCLE', { key }, [
        { path: 'source', code: 'TAG_CYCLE', message: 'leads back to this tag' },
      ])
    }
  }

  async function lockOwn(tx: PgRunner, caller: Caller, key: string): Promise<store.TagRow> {
    const row = await store.lockTag(tx, key)
    if (!row || row.state === 'retired') throw tagError('TAG_NOT_FOUND', { key })
    const scope = caller.scopeOf('tag.write')
    if (!scope.everyone && !scope.orgIds.includes(row.owner_org_id)) throw tagError('TAG_NOT_OWN', { key })
    return row
  }

  const materialOf = async (
    runner: PgRunner,
    row: Pick<store.TagRow, 'key' | 'owner_org_id'>,
    definition: store.TagDefinition,
  ): Promise<Material<Body>> => ({
    body: { key: row.key, definition },
    ownerOrgId: row.owner_org_id,
    references: await referencesOf(runner, definition.source),
  })

  /** Sends a definition to be approved by someone who had no hand in it. */
  async function sendToApproval(
    tx: PgRunner,
    caller: Caller,
    row: store.TagRow,
    definition: store.TagDefinition,
    summary: string,
  ): Promise<number> {
    const material = await materialOf(tx, row, definition)
    return approvals.submit(tx, {
      ...object(row.key),
      hash: contentHash(material),
      material,
      makers: row.makers,
      summary,
      maker: caller.username,
    })
  }

  const set = async (tx: PgRunner, row: store.TagRow, columns: Sql): Promise<store.TagRow> => {
    const after = await store.setTag(tx, row.key, columns, clock.now())
    if (!after) throw tagError('TAG_NOT_FOUND', { key: row.key })
    return after
  }

  const makersWith = (row: store.TagRow, caller: Caller): string[] => [
    ...new Set([...row.makers, caller.username]),
  ]

  async function createIn(tx: PgRunner, caller: Caller, input: CreateTag): Promise<store.TagRow> {
    const definition = definitionFrom(input)
    await checkSource(tx, input.key, definition)
    const folder = await directories.resolve(tx, input.directory ?? [])
    const state = input.draft ? 'draft' : needsApproval(input) ? 'submitted' : 'active'
    const tag = { ...input, ...definition, folder, state } as const
    const row = await store.insertTag(tx, tag, caller, clock.now())
    if (!row) {
      throw tagError('TAG_KEY_TAKEN', { key: input.key }, [
        { path: 'key', code: 'TAG_KEY_TAKEN', message: 'is taken' },
      ])
    }
    await store.insertVersion(tx, row, caller.username, clock.now())
    if (state === 'submitted') await sendToApproval(tx, caller, row, definition, input.description)
    await record(tx, caller, 'create', { after: row })
    if (state === 'active') await deps.enqueue(row.key, caller.username, tx)
    return row
  }

  /** Puts a definition in force: a new version, computed anew where its values are others. */
  async function apply(tx: PgRunner, row: store.TagRow, definition: store.TagDefinition, by: string) {
    const isKept = areValuesKept(store.definitionOf(row), definition)
    const after = await store.updateTag(tx, row.key, definition, isKept, clock.now())
    if (!after) throw tagError('TAG_NOT_FOUND', { key: row.key })
    await store.insertVersion(tx, after, by, clock.now())
    if (!isKept && after.state === 'active') await deps.enqueue(row.key, by, tx)
    return after
  }

  /** A published tag's change that has to be approved: kept beside what is in force. */
  async function propose(tx: PgRunner, caller: Caller, row: store.TagRow, definition: store.TagDefinition) {
    await approvals.withdraw(tx, object(row.key), 'Another definition was submitted.')
    const makers = row.proposal ? makersWith(row, caller) : [caller.username]
    const approvalId = await sendToApproval(
      tx,
      caller,
      { ...row, makers },
      definition,
      definition.description,
    )
    const proposal = { definition, by: caller.username, at: clock.now().toISOString(), approvalId }
    const columns = sql`${store.proposalSql(proposal)}, makers = ${makers}::text[]`
    const after = await set(tx, row, columns)
    await record(tx, caller, 'propose', { before: row, after: { ...after, ...asRow(definition) } })
    return after
  }

  /** A tag nobody has approved yet: its definition is replaced, and where it was submitted, submitted anew. */
  async function changeUnpublished(
    tx: PgRunner,
    caller: Caller,
    row: store.TagRow,
    definition: store.TagDefinition,
  ) {
    await approvals.withdraw(tx, object(row.key), 'Another definition was submitted.')
    const makers = makersWith(row, caller)
    await set(tx, row, sql`makers = ${makers}::text[]`)
    const after = await apply(tx, row, definition, caller.username)
    if (row.state === 'submitted')
      await sendToApproval(tx, caller, { ...after, makers }, definition, definition.description)
    await record(tx, caller, 'change', { before: row, after })
    return after
  }

  async function changeIn(tx: PgRunner, caller: Caller, key: string, input: ChangeTag) {
    const found = await lockOwn(tx, caller, key)
    const definition = definitionFrom(input)
    await checkSource(tx, key, definition)
    const row = await setPlace(tx, found, input)
    if (row.state !== 'active') return changeUnpublished(tx, caller, row, definition)
    const before = store.definitionOf(row)
    if (isDeepStrictEqual(before, definition) && row.proposal === null) return row
    const isMaterial = !areValuesKept(before, definition) || before.class !== definition.class
    if (isMaterial && (needsApproval(definition) || needsApproval(before)))
      return propose(tx, caller, row, definition)
    if (row.proposal) await approvals.withdraw(tx, object(key), 'Another definition took effect.')
    const after = await apply(tx, row, definition, caller.username)
    await record(tx, caller, 'change', { before: row, after })
    return after
  }

  /** Folder and owner, as far as they are named. */
  async function setPlace(tx: PgRunner, row: store.TagRow, input: ChangeTag): Promise<store.TagRow> {
    const folder =
      input.directory === undefined ? row.directory : await directories.resolve(tx, input.directory ?? [])
    const owner = input.owner ?? row.owner
    if (folder === row.directory && owner === row.owner) return row
    return set(tx, row, sql`directory = ${folder}, owner = ${owner}`)
  }

  async function submitIn(tx: PgRunner, caller: Caller, key: string, summary: string) {
    const row = await lockOwn(tx, caller, key)
    if (row.state !== 'draft') throw tagError('TAG_STATE', { key, state: shownState(row), step: 'submit' })
    const definition = store.definitionOf(row)
    await checkSource(tx, key, definition)
    const isSensitive = needsApproval(definition)
    const makers = makersWith(row, caller)
    const after = await set(
      tx,
      row,
      sql`state = ${isSensitive ? 'submitted' : 'active'}, makers = ${makers}::text[]`,
    )
    if (isSensitive) await sendToApproval(tx, caller, after, definition, summary)
    else await deps.enqueue(key, caller.username, tx)
    await record(tx, caller, isSensitive ? 'submit' : 'publish', { before: row, after })
    return after
  }

  async function withdrawIn(tx: PgRunner, caller: Caller, key: string) {
    const row = await lockOwn(tx, caller, key)
    if (row.state !== 'submitted' && !row.proposal)
      throw tagError('TAG_STATE', { key, state: shownState(row), step: 'withdraw' })
    await approvals.withdraw(tx, object(key))
    const after = await set(
      tx,
      row,
      row.state === 'submitted' ? sql`state = 'draft'` : store.proposalSql(null),
    )
    await record(tx, caller, 'withdraw', { before: row, after })
    return after
  }

  async function refuseIfUsed(key: string): Promise<void> {
    const found = await uses.of('tag', key)
    if (found.length === 0) return
    throw tagError('TAG_IN_USE', { key, uses: found.map((use) => `${use.type} ${use.key}`).join(', ') })
  }

  /** Takes a tag out of use; whether anything names it is asked before. */
  async function retireIn(tx: PgRunner, caller: Caller, key: string, input: RetireTag) {
    const row = await lockOwn(tx, caller, key)
    if (input.replacement) {
      const other = await store.findTag(tx, input.replacement)
      if (!other || other.key === key) throw tagError('TAG_UNPUBLISHED', { key: input.replacement })
    }
    await approvals.withdraw(tx, object(key), 'The tag was retired.')
    const after = await set(
      tx,
      row,
      sql`state = 'retired', proposal = NULL, retired_reason = ${input.reason}, replaced_by = ${input.replacement ?? null}`,
    )
    await record(tx, caller, 'retire', { before: row, after, reason: input.reason })
    return after
  }

  async function removeIn(tx: PgRunner, caller: Caller, key: string) {
    const row = await lockOwn(tx, caller, key)
    await approvals.withdraw(tx, object(key), 'The tag was deleted.')
    await set(tx, row, sql`state = 'retired', proposal = NULL, retired_reason = NULL`)
    await record(tx, caller, 'delete', { before: row })
  }

  approvals.define('tag', {
    nameOf: (body) => (body as Body).definition.name.zh,
    lock: store.lockTag,
    async currentHash({ key }, ownerOrgId) {
      const row = await store.findAnyTag(pg, key)
      const definition = row && (row.proposal?.definition ?? store.definitionOf(row))
      if (!definition) return ''
      return contentHash(await materialOf(pg, { key, owner_org_id: ownerOrgId }, definition))
    },
    async onDecided(tx, { key, body, maker }, outcome) {
      const row = await store.lockTag(tx, key)
      if (!row) throw tagError('TAG_NOT_FOUND', { key })
      const from = row.proposal ? 'proposed' : shownState(row)
      if (row.proposal) {
        if (outcome === 'approve') await apply(tx, row, (body as Body).definition, maker)
        else await set(tx, row, store.proposalSql(null))
        return { from, to: 'published' }
      }
      const isApproved = outcome === 'approve'
      await set(tx, row, isApproved ? sql`state = 'active', makers = '{}'` : sql`state = 'draft'`)
      if (isApproved) await deps.enqueue(key, maker, tx)
      return { from, to: isApproved ? 'published' : 'draft' }
    },
  })

  const inTransaction = (work: (tx: PgRunner) => Promise<store.TagRow>): Promise<Tag> =>
    pg.transaction(async (tx) => describe(await work(tx), tx))

  return {
    describe,
    lockOwn,
    createIn,
    create: (caller: Caller, input: CreateTag) => inTransaction((tx) => createIn(tx, caller, input)),
    change: (caller: Caller, key: string, input: ChangeTag) =>
      inTransaction((tx) => changeIn(tx, caller, key, input)),
    submit: (caller: Caller, key: string, summary: string) =>
      inTransaction((tx) => submitIn(tx, caller, key, summary)),
    withdraw: (caller: Caller, key: string) => inTransaction((tx) => withdrawIn(tx, caller, key)),
    retireIn,
    /** What names it is named, and stands in the way unless said otherwise. */
    async retire(caller: Caller, key: string, input: RetireTag): Promise<Tag> {
      if (!input.despiteUses) await refuseIfUsed(key)
      return inTransaction((tx) => retireIn(tx, caller, key, input))
    },
    /** Deletes what nothing uses; what was ever used is retired with a reason instead. */
    async remove(caller: Caller, key: string): Promise<void> {
      await refuseIfUsed(key)
      await pg.transaction((tx) => removeIn(tx, caller, key))
    },
  }
}

/** A definition in the columns of a row, for the audit. */
const asRow = (definition: store.TagDefinition) => ({
  name: definition.name,
  type: definition.type,
  source: definition.source,
  class: definition.class,
  description: definition.description,
})
