import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { z } from 'zod'
import type { AuditVerification } from '#features/audit/common/audit.ts'
import type {
  ImportLine,
  OperatorAdministrator,
  OperatorImport,
  OperatorToken,
} from '#features/imports/common/import.ts'
import { createOperator } from '#features/imports/server/index.ts'
import { createSystemClock } from '#platform/common/clock.ts'
import { AppError, type ErrorKind } from '#platform/common/errors.ts'
import type { Problem } from '#platform/common/http.ts'
import { type Config, readConfig } from '#platform/server/config.ts'
import { type ControlFile, isAlive, readControlFile } from '../control-file.ts'
import { openEngines } from '../engines.ts'
import { createParts } from '../parts.ts'
import { repositoryRoot } from '../repository.ts'
import { clearUnfinishedSeeding } from '../unfinished-seeding.ts'
import type { Io } from './command.ts'

/** Who does the work of a command: the running server, or this process on the same data. */
export type Backend = {
  runImport(input: z.output<typeof OperatorImport>, onLine: (line: ImportLine) => void): Promise<void>
  createToken(input: z.output<typeof OperatorToken>): Promise<{ token: string }>
  createAdministrator(input: z.output<typeof OperatorAdministrator>): Promise<{ orgCode: string }>
  verifyAudit(): Promise<AuditVerification>
  /** TypeScript types of the tracking plan. */
  planTypes(): Promise<string>
  close(): Promise<void>
}

const kindOfStatus: { readonly [status: number]: ErrorKind } = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  413: 'tooLarge',
  429: 'limited',
}

async function answerOf(response: Response): Promise<Response> {
  if (response.ok) return response
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  const kind = kindOfStatus[response.status] ?? 'unavailable'
  const errors = (problem.errors ?? []).map((error) => `\n  ${error.path}: ${error.message}`).join('')
  throw new AppError(
    problem.code ?? 'INTERNAL',
    kind,
    `${problem.detail ?? `The server answered ${response.status}.`}${errors}`,
  )
}

/** How long a process of the control file may stay silent before it counts as another program with that number. */
const silentMs = 15_000

/** Whether the server of the control file answers and is ready; one that starts or seeds is waited for. */
async function isServing(control: ControlFile, io: Io): Promise<boolean> {
  let answeredAt = performance.now()
  for (let tries = 0; isAlive(control); tries += 1) {
    const health = await fetch(`${control.url}/healthz`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    )
    if (health?.ok) return true
    if (health) answeredAt = performance.now()
    else if (performance.now() - answeredAt > silentMs) return false
    if (tries === 10) io.err('Waiting for the server to be ready …')
    io.signal.throwIfAborted()
    await new Promise((done) => setTimeout(done, 200))
  }
  return false
}

async function readLines(response: Response, onLine: (line: ImportLine) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  // Node's streams can be iterated, which the types of browsers don't know.
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(JSON.parse(line) as ImportLine)
  }
}

function serverBackend(control: ControlFile, io: Io): Backend {
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown) =>
    answerOf(
      await fetch(`${control.url}${path}`, {
        method,
        signal: io.signal,
        headers: {
          authorization: `Bearer ${control.secret}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  const json = async <T>(response: Promise<Response>) => (await (await response).json()) as T
  return {
    async runImport(input, onLine) {
      await readLines(await call('POST', '/operator/import', input), onLine)
    },
    createToken: (input) => json(call('POST', '/operator/token', input)),
    createAdministrator: (input) => json(call('POST', '/operator/administrator', input)),
    verifyAudit: () => json(call('GET', '/operator/audit/verify')),
    planTypes: async () => (await json<{ text: string }>(call('GET', '/operator/plan/types'))).text,
    close: async () => {},
  }
}

/**
 * Lets the heap grow in smaller steps: the embedded warehouse brings 220 MB of code into this process, and an import
 * is to stay below 500 MB with it (measured: 547 MB without, 456 MB with, for a tenth more processor time).
 */
const keepHeapSmall = () => setFlagsFromString('--heap-growing-percent=40')

async function ownBackend(config: Config, io: Io): Promise<Backend> {
  keepHeapSmall()
  mkdirSync(config.dataDir, { recursive: true, mode: 0o755 })
  await clearUnfinishedSeeding(config.dataDir, io.err)
  const engines = await openEngines(config)
  try {
    const log = (error: unknown, message: string) =>
      io.err(`${message}: ${error instanceof Error ? error.message : error}`)
    const parts = await createParts({ config, engines, clock: createSystemClock(), log })
    await parts.customers.start()
    const operator = createOperator(parts)
    return {
      runImport: (input, onLine) =>
        operator.runImport(
          input,
          (line) => {
            // Thrown where a batch is complete: what is done is recorded, the next command goes on from there.
            if (line.kind === 'progress') io.signal.throwIfAborted()
            onLine(line)
          },
          (error) => {
            if (!io.signal.aborted)
              io.err(error instanceof Error ? (error.stack ?? error.message) : String(error))
          },
        ),
      createToken: operator.createToken,
      createAdministrator: operator.createAdministrator,
      verifyAudit: operator.verifyAudit,
      planTypes: parts.plan.types,
      async close() {
        await parts.ingest.stop(0)
        await engines.close()
      },
    }
  } catch (error) {
    await engines.close()
    throw error
  }
}

/** Finds the running server of the data directory; without one this process opens the engines itself. */
export async function openBackend(io: Io): Promise<Backend> {
  const settings = readConfig()
  const config = { ...settings, dataDir: resolve(repositoryRoot, settings.dataDir) }
  const control = readControlFile(config.dataDir)
  if (control && (await isServing(control, io))) return serverBackend(control, io)
  return ownBackend(config, io)
}

export async function withBackend<T>(io: Io, work: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await openBackend(io)
  try {
    return await work(backend)
  } finally {
    await backend.close()
  }
}
