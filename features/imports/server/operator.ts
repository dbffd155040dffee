import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type {
  ImportLine,
  OperatorAdministrator,
  OperatorImport,
  OperatorToken,
} from '#features/imports/common/import.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import type { Imports } from '#features/imports/server/imports.ts'
import { loadMapping } from '#features/imports/server/load-mapping.ts'
import type { Org } from '#features/org/server/index.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type OperatorDeps = {
  pg: Postgres
  org: Org
  audit: Audit
  imports: Imports
  clock: Clock
  timeZone: string
}
export type Operator = ReturnType<typeof createOperator>

/** Who acts in audit when it is the command line of this machine. */
const commandLine = 'command-line'

/** Whether the caller did something wrong, rather than something going wrong. */
const isBadUse = (error: AppError): boolean =>
  error.errorKind !== 'unavailable' && error.errorKind !== 'limited'

/** What the command line does, in the server's process or in its own. */
export function createOperator(deps: OperatorDeps) {
  const { pg, org, audit, imports } = deps

  async function ensureHeadOffice(): Promise<string> {
    const found = await org.tree.headOffice()
    if (found) return found.code
    const unit = { code: 'HO', name: '总行', kind: 'head_office', parentCode: null } as const
    await pg.transaction((tx) => org.tree.upsertMany(tx, [unit], bankDay(deps.clock.now(), deps.timeZone)))
    return unit.code
  }

  return {
    /** Imports; everything that happens comes as a line, the last one `done` or `failed`. `log` gets what nobody expects. */
    async runImport(
      input: z.output<typeof OperatorImport>,
      print: (line: ImportLine) => void,
      log: (error: unknown) => void,
    ): Promise<void> {
      try {
        const mapping = await loadMapping(input.mappingPath)
        await imports.run({
          mapping,
          files: input.files,
          rejectsPath: input.rejectsPath,
          again: input.again,
          actor: input.actor,
          onProgress: (progress) => print({ kind: 'progress', progress }),
          onFile: (summary) => print({ kind: 'file', summary }),
        })
        print({ kind: 'done' })
      } catch (error) {
        if (error instanceof AppError) {
          print({ kind: 'failed', code: error.code, message: error.message, isBadUse: isBadUse(error) })
          return
        }
        log(error)
        const message = error instanceof Error ? error.message : String(error)
        print({ kind: 'failed', code: 'INTERNAL', message, isBadUse: false })
      }
    },

    /** Makes a token that acts as a person; its text is shown once. */
    async createToken({ username, name, days }: z.output<typeof OperatorToken>): Promise<{ token: string }> {
      const person = await org.staff.findByUsername(username)
      if (!person) throw importError('USER_UNKNOWN', { username })
      const { token } = await org.sessions.createToken(commandLine, person.staffId, name, days)
      return { token }
    },

    /** Lets a first person in who may let others in; makes the head office when there is none. */
    async createAdministrator(input: z.output<typeof OperatorAdministrator>): Promise<{ orgCode: string }> {
      const { username, password, name, roles } = input
      const orgCode = await ensureHeadOffice()
      await org.staff.create(commandLine, { staffNo: username, username, name: name ?? username, password })
      for (const role of roles)
        await org.staff.grantPost({ username: commandLine, staffId: 0 }, username, { orgCode, role })
      return { orgCode }
    },

    verifyAudit: () => audit.verify(),
  }
}
