import { withBackend } from './backend.ts'
import { type Command, readArguments, UsageError } from './command.ts'

const help = `Usage: npx zhike audit verify

Recomputes the hash chain of the whole audit and names the first row that was changed, removed or put in.

  --help  this text

Exit code: 0 the chain is whole, 1 it is broken, 2 wrong use.`

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'check that no row of the audit was changed',
  help,
  async run(args, io) {
    const { positionals } = readArguments(args, {})
    if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'.`)
    const found = await withBackend(io, (backend) => backend.verifyAudit())
    if (found.ok) {
      io.out(`The audit is whole: ${found.checked.toLocaleString('en')} rows checked.`)
      return 0
    }
    io.err(
      `The audit is broken at row ${found.brokenSeq}: ${found.reason}. ${found.checked.toLocaleString('en')} rows before it are whole.`,
    )
    return 1
  },
}
