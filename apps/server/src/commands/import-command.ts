import { resolve } from 'node:path'
import type { FileSummary, ImportLine } from '#features/imports/common/import.ts'
import { withBackend } from './backend.ts'
import { type Command, readArguments, UsageError } from './command.ts'
import { createProgress } from './progress.ts'

const help = `Usage: npx zhike import <mapping.json> <files…> [options]

Imports CSV files as a mapping says: org units, staff, customers, holdings, balances, events, finished campaigns.
An import that was cut off goes on where it was; importing a file twice changes nothing.

  --rejects <path>  where rejected rows go: a file, or a folder for several files
                    (default: <file>.rejects.csv beside each file)
  --again           import files anew that were imported before
  --help            this text

The mapping is explained in docs/guide/import.md; examples are in examples/.
Exit code: 0 all rows imported, 1 some rows rejected or the import failed, 2 wrong use.`

const number = (value: number): string => value.toLocaleString('en')

function describe(summary: FileSummary): string[] {
  const { file, rows, imported, skipped, rejected } = summary
  const counts = `${number(rows)} rows: ${number(imported)} imported, ${number(skipped)} not wanted by the mapping, ${number(rejected)} rejected`
  if (summary.outcome === 'unchanged') return [`${file}: imported before, nothing done (${counts})`]
  const speed = summary.seconds > 0 ? Math.round((rows - summary.resumedFrom) / summary.seconds) : 0
  return [
    `${file}: ${counts} in ${summary.seconds.toFixed(1)} s (${number(speed)} rows/s)`,
    ...(summary.resumedFrom > 0 ? [`  went on after row ${number(summary.resumedFrom)}`] : []),
    ...(summary.repeated > 0
      ? [`  ${number(summary.repeated)} rows described a customer again; the last one counts`]
      : []),
    ...(summary.blankLines > 0 ? [`  ${number(summary.blankLines)} blank lines`] : []),
    ...(summary.rejectsFile && rejected > 0
      ? [`  rejected rows with their reasons: ${summary.rejectsFile}`]
      : []),
  ]
}

export const importCommand: Command = {
  name: 'import',
  summary: 'import files of the bank by a mapping',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      rejects: { type: 'string' },
      again: { type: 'boolean', default: false },
    })
    const [mapping, ...files] = positionals
    if (mapping === undefined) throw new UsageError('Name the mapping and the files to import.')
    if (files.length === 0) throw new UsageError('Name the files to import after the mapping.')
    return withBackend(io, async (backend) => {
      const progress = createProgress(io)
      let rejected = 0
      let end: ImportLine | undefined
      const input = {
        mappingPath: resolve(mapping),
        files: files.map((file) => resolve(file)),
        rejectsPath: values.rejects === undefined ? undefined : resolve(values.rejects),
        again: values.again,
        actor: 'command-line',
      }
      const onLine = (line: ImportLine) => {
        if (line.kind === 'progress') progress.show(line.progress)
        else if (line.kind === 'file') {
          progress.clear()
          rejected += line.summary.rejected
          for (const text of describe(line.summary)) io.out(text)
        } else end = line
      }
      await backend.runImport(input, onLine).catch((error: unknown) => {
        if (!io.signal.aborted) throw error
      })
      progress.clear()
      if (io.signal.aborted) {
        io.err('Stopped. The same command goes on where it was.')
        return 1
      }
      if (end?.kind === 'failed') {
        io.err(`${end.code}: ${end.message}`)
        return end.isBadUse ? 2 : 1
      }
      if (end === undefined) {
        io.err('The server ended before the import did. The same command goes on where it was.')
        return 1
      }
      return rejected > 0 ? 1 : 0
    })
  },
}
