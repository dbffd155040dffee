import type { z } from 'zod'
import { administratorRoles, OperatorAdministrator } from '#features/imports/common/import.ts'
import { withBackend } from './backend.ts'
import { type Command, readArguments, UsageError } from './command.ts'

const help = `Usage: npx zhike admin create <user name> [options]

Makes a person who may let others in: by default a system and security administrator of head office, which is made
when there is none. The password is asked for, or read as a line of standard input; it has at least 8 characters.

  --name <text>   name of the person (default: the user name)
  --role <role>   ${administratorRoles.join(', ')};
                  may be given several times (default: system_admin and security_admin)
  --help          this text`

function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new UsageError(`${String(issue?.path[0] ?? '')}: ${issue?.message ?? 'wrong'}`)
}

export const adminCreateCommand: Command = {
  name: 'admin create',
  summary: 'make a first administrator',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      name: { type: 'string' },
      role: { type: 'string', multiple: true },
    })
    const [username, ...rest] = positionals
    if (username === undefined) throw new UsageError('Name the user: npx zhike admin create <user name>.')
    if (rest.length > 0) throw new UsageError(`Unexpected argument '${rest[0]}'.`)
    const asked = { username, name: values.name, roles: values.role }
    check(OperatorAdministrator.omit({ password: true }), asked)
    const password = await io.askSecret(`Password for ${username}: `)
    const input = check(OperatorAdministrator, { ...asked, password })
    const { orgCode } = await withBackend(io, (backend) => backend.createAdministrator(input))
    io.out(`${username} may log in now: ${input.roles.join(' and ')} of ${orgCode}.`)
    return 0
  },
}
