import { AppError } from '#platform/common/errors.ts'
import { ConfigError } from '#platform/server/config.ts'
import { version } from '../repository.ts'
import { adminCreateCommand } from './admin-command.ts'
import { auditVerifyCommand } from './audit-command.ts'
import { clusterGrowCommand, clusterMoveCommand, clusterStatusCommand } from './cluster-command.ts'
import { type Command, type Io, UsageError } from './command.ts'
import { importCommand } from './import-command.ts'
import { planTypesCommand } from './plan-command.ts'
import { tokenCommand } from './token-command.ts'

const commands: readonly Command[] = [
  importCommand,
  tokenCommand,
  auditVerifyCommand,
  adminCreateCommand,
  planTypesCommand,
  clusterStatusCommand,
  clusterGrowCommand,
  clusterMoveCommand,
]

const overview = `Usage: npx zhike <command> [options]

${commands.map((command) => `  ${command.name.padEnd(14)}${command.summary}`).join('\n')}

  --help        this text, or after a command that of the command
  --version     version of the program

A running server is found by the data directory (ZHIKE_DATA_DIR) and does the work; without one the command does it.
The program itself starts with: npm start`

const isHelp = (word: string | undefined) => word === '--help' || word === '-h'

function find(args: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const command of commands) {
    const words = command.name.split(' ')
    if (words.every((word, index) => args[index] === word)) return { command, rest: args.slice(words.length) }
  }
  return undefined
}

/** The help of a group of commands, such as `audit --help`. */
const groupHelp = (args: readonly string[]): string | undefined =>
  isHelp(args[1]) ? commands.find((command) => command.name.split(' ')[0] === args[0])?.help : undefined

function describe(error: unknown): { line: string; code: number } {
  if (error instanceof UsageError || error instanceof ConfigError) return { line: error.message, code: 2 }
  if (error instanceof AppError) {
    const isOurs = error.errorKind === 'unavailable' || error.errorKind === 'limited'
    return { line: `${error.code}: ${error.message}`, code: isOurs ? 1 : 2 }
  }
  return { line: error instanceof Error ? (error.stack ?? error.message) : String(error), code: 1 }
}

/** Runs `zhike …`; gives the exit code: 0 done, 1 done with rejects or failed, 2 wrong use. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  if (args.length === 0 || isHelp(args[0])) {
    io.out(overview)
    return args.length === 0 ? 2 : 0
  }
  if (args[0] === '--version') {
    io.out(version)
    return 0
  }
  const found = find(args)
  const help = found?.rest.some(isHelp) ? found.command.help : groupHelp(args)
  if (help !== undefined) {
    io.out(help)
    return 0
  }
  if (!found) {
    io.err(`There is no command "${args.slice(0, 2).join(' ')}". See: npx zhike --help`)
    return 2
  }
  try {
    return await found.command.run(found.rest, io)
  } catch (error) {
    const { line, code } = describe(error)
    io.err(line)
    if (error instanceof UsageError) io.err(`See: npx zhike ${found.command.name} --help`)
    return code
  }
}
