import { rename, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { withBackend } from './backend.ts'
import { type Command, readArguments, UsageError } from './command.ts'

const help = `Usage: npx zhike plan types [options]

Prints TypeScript types of the tracking plan's published events, for createZhike<ZhikeEvents>() of the SDK.

  --out <file>   write them to a file; it is replaced as a whole or not at all
  --lang <name>  language of the types: ts (default: ts)
  --help         this text`

async function write(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`
  try {
    await writeFile(beside, text)
    await rename(beside, path)
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
  }
}

export const planTypesCommand: Command = {
  name: 'plan types',
  summary: 'print types of the tracking plan for the SDK',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' },
      lang: { type: 'string', default: 'ts' },
    })
    if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'.`)
    if (values.lang !== 'ts') throw new UsageError('--lang can only be ts.')
    if (values.out === '') throw new UsageError('--out needs the name of a file.')
    const text = await withBackend(io, (backend) => backend.planTypes())
    if (values.out === undefined) {
      io.out(text.trimEnd())
      return 0
    }
    const path = resolve(values.out)
    await write(path, text)
    io.err(`Written: ${path}`)
    return 0
  },
}
