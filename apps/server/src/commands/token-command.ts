import { withBackend } from './backend.ts'
import { type Command, readArguments, UsageError } from './command.ts'

const help = `Usage: npx zhike token --user <name> [options]

Makes a token that acts as a person, for programs: Authorization: Bearer <token>. Prints only the token; it is not
shown again. Making it is audited.

  --user <name>   user name of the person
  --name <text>   what the token is for (default: command line and the time)
  --days <n>      how long it holds, 1 to 366 (default: 90)
  --help          this text`

function daysOf(text: string): number {
  const days = Number(text)
  if (!/^\d+$/.test(text) || days < 1 || days > 366)
    throw new UsageError('--days must be a whole number from 1 to 366.')
  return days
}

export const tokenCommand: Command = {
  name: 'token',
  summary: 'make a token that acts as a person',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      user: { type: 'string' },
      name: { type: 'string' },
      days: { type: 'string', default: '90' },
    })
    if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'.`)
    const username = values.user
    if (!username) throw new UsageError('Name the person: --user <name>.')
    const days = daysOf(values.days)
    const name = values.name || `command line ${new Date().toISOString()}`
    const { token } = await withBackend(io, (backend) => backend.createToken({ username, name, days }))
    io.out(token)
    return 0
  },
}
