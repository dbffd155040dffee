import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { CreateModel, Model, ModelQuery, NewModelVersion } from '#features/models/common/model.ts'
import { modelError } from '#features/models/common/model-errors.ts'
import * as store from '#features/models/server/model-store.ts'
import { openOnnx } from '#features/models/server/onnx-session.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Models = ReturnType<typeof createModels>
export type ModelUse = { type: string; key: string; name: string }

/** The registry of models: registered as drafts, approved by someone else, at most one version of each scores. */
export function createModels(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  const { pg, clock, audit } = deps
  const users: ((key: string) => Promise<ModelUse[]>)[] = []

  const uses = async (key: string): Promise<ModelUse[]> =>
    (await Promise.all(users.map((usesOf) => usesOf(key)))).flat()

  async function lock(tx: PgRunner, key: string, version: number): Promise<store.ModelRow> {
    const row = await store.lockVersion(tx, key, version)
    if (!row) throw modelError('MODEL_VERSION_NOT_FOUND', { key, version })
    return row
  }

  async function lockDraft(tx: PgRunner, key: string, version: number): Promise<store.ModelRow> {
    const row = await lock(tx, key, version)
    if (row.state !== 'draft') throw modelError('MODEL_NOT_DRAFT', { state: row.state })
    return row
  }

  const record = (tx: PgRunner, caller: Caller, action: string, after: Model, before?: Model) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'model',
      objectId: `${after.key}/${after.version}`,
      before,
      after,
    })

  async function keep(
    tx: PgRunner,
    caller: Caller,
    action: string,
    before: store.ModelRow | undefined,
    row: store.ModelRow | undefined,
  ): Promise<Model> {
    if (!row) throw new Error('The version went away under its lock')
    const after = store.describeModel(row)
    await record(tx, caller, action, after, before && store.describeModel(before))
    return after
  }

  return {
    list: (query: z.output<typeof ModelQuery>) => store.listModels(pg, query),
    async versions(key: string): Promise<Model[]> {
      const rows = await store.listVersions(pg, key)
      if (rows.length === 0) throw modelError('MODEL_NOT_FOUND', { key })
      return rows.map(store.describeModel)
    },
    create: (caller: Caller, input: CreateModel): Promise<Model> =>
      pg.transaction(async (tx) => {
        const row = await store.insertVersion(tx, { ...input, version: 1 }, caller.username, clock.now())
        if (!row) {
          throw modelError('MODEL_KEY_TAKEN', { key: input.key }, [
            { path: 'key', code: 'MODEL_KEY_TAKEN', message: 'is taken' },
          ])
        }
        return keep(tx, caller, 'model.create', undefined, row)
      }),
    addVersion: (caller: Caller, key: string, input: NewModelVersion): Promise<Model> =>
      pg.transaction(async (tx) => {
        const version = await store.nextVersion(tx, key)
        if (version === 1) throw modelError('MODEL_NOT_FOUND', { key })
        const row = await store.insertVersion(tx, { ...input, key, version }, caller.username, clock.now())
        if (!row) throw modelError('MODEL_KEY_TAKEN', { key })
        return keep(tx, caller, 'model.addVersion', undefined, row)
      }),
    /** Takes a draft's ONNX file, after trying it out in a process of its own. */
    async upload(
      caller: Caller,
      key: string,
      version: number,
      file: { bytes: Buffer; name: string },
    ): Promise<Model> {
      const [row] = (await store.listVersions(pg, key)).filter((one) => one.version === version)
      if (!row) throw modelError('MODEL_VERSION_NOT_FOUND', { key, version })
      if (!('inputs' in row.definition)) throw modelError('MODEL_FILE_NOT_TAKEN', {})
      if (file.bytes.length === 0) throw modelError('MODEL_FILE_EMPTY', {})
      const session = await openOnnx(file.bytes, row.definition)
      session.close()
      const sha256 = createHash('sha256').update(file.bytes).digest('hex')
      return pg.transaction(async (tx) => {
        const before = await lockDraft(tx, key, version)
        const after = await store.writeFile(tx, before, { ...file, sha256 }, clock.now())
        return keep(tx, caller, 'model.upload', before, after)
      })
    },
    /** Lets a version score; whoever made it cannot. */
    approve: (caller: Caller, key: string, version: number): Promise<Model> =>
      pg.transaction(async (tx) => {
        const before = await lockDraft(tx, key, version)
        if (before.created_by === caller.username) throw modelError('MODEL_OWN_APPROVAL', {})
        if (before.kind === 'onnx' && before.sha256 === null) throw modelError('MODEL_FILE_MISSING', {})
        const after = await store.approve(tx, before, caller.username, clock.now())
        return keep(tx, caller, 'model.approve', before, after)
      }),
    async retire(caller: Caller, key: string, version: number): Promise<Model> {
      const found = await uses(key)
      if (found.length > 0)
        throw modelError('MODEL_IN_USE', {
          key,
          uses: found.map((use) => `${use.type} ${use.key}`).join(', '),
        })
      return pg.transaction(async (tx) => {
        const before = await lock(tx, key, version)
        if (before.state !== 'approved') throw modelError('MODEL_NOT_APPROVED', { state: before.state })
        const after = await store.retire(tx, before, caller.username, clock.now())
        return keep(tx, caller, 'model.retire', before, after)
      })
    },
    uses,
    /** Another feature says here what of its own uses a model. */
    addUses(usesOf: (key: string) => Promise<ModelUse[]>): void {
      users.push(usesOf)
    },
  }
}
