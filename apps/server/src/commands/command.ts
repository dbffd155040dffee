import { parseArgs } from 'node:util'

/** What a command needs of the world around it. */
export type Io = {
  out(line: string): void
  err(line: string): void
  /** The screen is a terminal: progress may be drawn. */
  isTerminal: boolean
  /** Asks for a text without showing it; reads a line of standard input where that is no terminal. */
  askSecret(question: string): Promise<string>
  /** Ctrl-C. */
  signal: AbortSignal
}

export type Command = {
  /** As it is typed: `audit verify`. */
  name: string
  summary: string
  help: string
  /** Gives the exit code. */
  run(args: readonly string[], io: Io): Promise<number>
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** Reads options and arguments; throws UsageError for anything that is none. */
export function readArguments<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0] ?? '')
  }
}
