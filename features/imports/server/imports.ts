import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Audit } from '#features/audit/server/index.ts'
import type { Campaigns } from '#features/campaigns/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { FileSummary, ImportProgress } from '#features/imports/common/import.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import type { FinishedCampaign, Mapping } from '#features/imports/common/mapping.ts'
import { lookupsOf, visibleColumns } from '#features/imports/common/step-expressions.ts'
import { type CompiledFile, compileFile } from '#features/imports/server/compile-file.ts'
import { hashFile } from '#features/imports/server/hash-file.ts'
import { countsOf, importFile } from '#features/imports/server/import-file.ts'
import {
  createImportFileStore,
  type FileKey,
  type FileState,
} from '#features/imports/server/import-file-store.ts'
import { mappingHash } from '#features/imports/server/load-mapping.ts'
import { loadLookups } from '#features/imports/server/lookups.ts'
import { type FilePlan, type PlannedFile, planFiles } from '#features/imports/server/plan-files.ts'
import { openReferences, type References } from '#features/imports/server/references.ts'
import { createRowView, openRejectsFile } from '#features/imports/server/rejects-file.ts'
import { createBatchWriter } from '#features/imports/server/write-batch.ts'
import type { Org } from '#features/org/server/index.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type ImportDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  org: Org
  customers: Customers
  campaigns: Pick<Campaigns, 'imported'>
  /** After the rows of a run: identities may have come that earlier events wait for. */
  onImported: () => Promise<unknown>
}

export type RunImport = {
  mapping: Mapping
  files: readonly string[]
  /** A file for the rejects of one imported file, a folder for those of many; beside each file when left out. */
  rejectsPath?: string | undefined
  /** Imports files anew that were imported before. */
  again?: boolean
  actor: string
  onProgress?: (progress: ImportProgress) => void
  onFile?: (summary: FileSummary) => void
}

export type Imports = ReturnType<typeof createImports>

/** One import at a time: the lock goes with its connection, so a killed one leaves none behind. */
const importLock = 4601

const fresh: FileState = {
  state: 'running',
  rowsDone: 0,
  rowsRejected: 0,
  rowsSkipped: 0,
  rejectsPath: null,
  rejectsBytes: 0,
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  )

/** Brings files of the bank's other systems in, as a mapping says. */
export function createImports(deps: ImportDeps) {
  const { pg, clock, audit, org } = deps
  const store = createImportFileStore(deps)

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    const client = await pg.pool.connect()
    try {
      const got = await client.query('SELECT pg_try_advisory_lock($1) AS got', [importLock])
      if (!got.rows[0]?.got) throw importError('IMPORT_RUNNING', {})
      return await work()
    } finally {
      // Given back at once: closing alone would leave it held until the server notices.
      const isBack = await client.query('SELECT pg_advisory_unlock_all()').then(
        () => true,
        () => false,
      )
      client.release(!isBack)
    }
  }

  /** Customers and units need a head office: a bank without one gets the mapping's. */
  async function ensureHeadOffice(mapping: Mapping, references: References, day: string): Promise<void> {
    if (references.headOffice) return
    const { code, name } = mapping.headOffice ?? { code: 'HO', name: '总行' }
    await pg.transaction((tx) =>
      org.tree.upsertMany(tx, [{ code, name, kind: 'head_office', parentCode: null }], day),
    )
    await references.learnHeadOffice()
  }

  async function beginCampaigns(
    mapping: Mapping,
    files: readonly PlannedFile[],
    ownerOrgId: number,
    by: string,
  ) {
    const wanted = new Set(
      files.flatMap((file) =>
        file.entry.steps.flatMap((step) => (step.into === 'campaignMembers' ? [step.campaign] : [])),
      ),
    )
    const begun = new Map<string, { campaign: FinishedCampaign; campaignId: number }>()
    for (const campaign of mapping.campaigns ?? []) {
      if (!wanted.has(campaign.key)) continue
      const { key, name, outcome } = campaign
      begun.set(key, {
        campaign,
        campaignId: await deps.campaigns.imported.beginImported({ key, name, outcome, ownerOrgId, by }),
      })
    }
    return begun
  }

  async function compileAll(mapping: Mapping, plan: FilePlan): Promise<CompiledFile[]> {
    const lookups = await loadLookups(mapping.values ?? {}, plan.files, plan.filesFor)
    const context = { mapping, lookups, timeZone: deps.timeZone, nowMs: clock.now().getTime() }
    return plan.files.map((file) => compileFile(file, context))
  }

  async function rejectsPathOf(file: PlannedFile, run: RunImport): Promise<string> {
    if (run.rejectsPath === undefined) return `${file.path}.rejects.csv`
    const path = resolve(run.rejectsPath)
    return run.files.length > 1 || (await isFolder(path)) ? join(path, `${file.name}.rejects.csv`) : path
  }

  /** Where to begin: after what is done, provided that its rejects are still there to be added to. */
  async function stateOf(
    key: FileKey,
    file: PlannedFile,
    run: RunImport,
    rejectsPath: string,
  ): Promise<FileState> {
    const known = await store.find(key)
    if (known?.state === 'done' && !run.again) return known
    const isWhole =
      known?.rejectsBytes === 0 ||
      (known?.rejectsPath === rejectsPath && (await sizeOf(rejectsPath)) >= known.rejectsBytes)
    if (known?.state === 'running' && isWhole && !run.again) return known
    await store.begin(key, { mapping: run.mapping.name, name: file.name, by: run.actor, at: clock.now() })
    return fresh
  }

  type FileRun = { compiled: CompiledFile; key: FileKey; from: FileState; rejectsPath: string }

  async function fileRunOf(compiled: CompiledFile, plan: FilePlan, run: RunImport): Promise<FileRun> {
    const { file } = compiled
    const lookedUp = new Set(
      lookupsOf(file.entry.steps, run.mapping.values ?? {}).flatMap((lookup) =>
        plan.filesFor(lookup).map((each) => each.path),
      ),
    )
    const key = {
      mappingHash: mappingHash(run.mapping),
      fileHash: await hashFile(file.name, [file.path, ...[...lookedUp].sort()]),
    }
    const rejectsPath = await rejectsPathOf(file, run)
    return { compiled, key, rejectsPath, from: await stateOf(key, file, run, rejectsPath) }
  }

  async function runFile(
    fileRun: FileRun,
    writer: ReturnType<typeof createBatchWriter>,
    run: RunImport,
  ): Promise<FileSummary> {
    const { file } = fileRun.compiled
    const visible = visibleColumns(file.entry.steps, run.mapping.values ?? {})
    const view = createRowView({ columns: file.columns, visible, delimiter: file.format.delimiter })
    const rejects = await openRejectsFile(fileRun.rejectsPath, fileRun.from.rejectsBytes, view)
    try {
      return await importFile({
        ...fileRun,
        store,
        writer,
        rejects,
        clock,
        onProgress: run.onProgress ?? (() => {}),
      })
    } finally {
      await rejects.close()
    }
  }

  const unchanged = ({ compiled, from }: FileRun): FileSummary => ({
    ...countsOf(compiled.file.name, from),
    outcome: 'unchanged',
    resumedFrom: from.rowsDone,
    repeated: 0,
    blankLines: 0,
    seconds: 0,
  })

  const record = (run: RunImport, action: string, after: unknown) =>
    pg.transaction((tx) =>
      audit.record(tx, { actor: run.actor, action, objectType: 'import', objectId: run.mapping.name, after }),
    )

  async function runAll(run: RunImport): Promise<FileSummary[]> {
    const { mapping } = run
    const plan = await planFiles(mapping, run.files)
    const compiled = await compileAll(mapping, plan)
    const validFrom = mapping.validFrom ?? bankDay(clock.now(), deps.timeZone)
    const references = await openReferences(deps)
    await ensureHeadOffice(mapping, references, validFrom)
    await record(run, 'import.start', { files: plan.files.map((file) => file.name) })
    const campaigns = await beginCampaigns(mapping, plan.files, references.headOffice?.orgId ?? 0, run.actor)
    const writer = createBatchWriter({
      ...deps,
      references,
      source: `import:${mapping.name}`,
      validFrom,
      nowMs: () => clock.now().getTime(),
      campaigns,
      imported: deps.campaigns.imported,
    })
    const summaries: FileSummary[] = []
    for (const each of compiled) {
      const fileRun = await fileRunOf(each, plan, run)
      const summary = fileRun.from.state === 'done' ? unchanged(fileRun) : await runFile(fileRun, writer, run)
      summaries.push(summary)
      run.onFile?.(summary)
    }
    await deps.onImported()
    for (const { campaignId } of campaigns.values()) await deps.campaigns.imported.finishImported(campaignId)
    await record(run, 'import.finish', {
      files: summaries.map(({ file, outcome, rows, imported, skipped, rejected }) => ({
        file,
        outcome,
        rows,
        imported,
        skipped,
        rejected,
      })),
    })
    return summaries
  }

  return {
    /** Imports files; resolves when all is in both engines. What keeps it from beginning is thrown before any row is. */
    run: (run: RunImport): Promise<FileSummary[]> => alone(() => runAll(run)),
    list: store.list,
  }
}
