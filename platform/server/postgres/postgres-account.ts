import { accessSync, chownSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { postgresErrors } from '#platform/common/postgres-errors.ts'

/** The user a server runs as, and how to start a program as that user. */
export type Account = {
  own(path: string): void
  command(
    program: string,
    args: readonly string[],
  ): { program: string; args: string[]; uid?: number; gid?: number }
}

const nobody = 65534
const capabilities = { dac_override: 1, dac_read_search: 2 } as const

const canOthersEnter = (path: string): boolean =>
  (statSync(path).mode & 0o001) !== 0 && (path === dirname(path) || canOthersEnter(dirname(path)))

const hasCapability = (bit: number): boolean => {
  const effective = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n
}

/** A default container's root lacks `dac_read_search` but has `dac_override`, which opens the same folders. */
const folderCapability = (folder: string): keyof typeof capabilities => {
  const found = (['dac_read_search', 'dac_override'] as const).find((name) =>
    hasCapability(capabilities[name]),
  )
  if (found) return found
  throw postgresErrors('POSTGRES_START_FAILED', {
    reason: `${folder} is closed to the unprivileged user that PostgreSQL must run as; choose another data folder`,
  })
}

const ordinaryUser: Account = { own: () => {}, command: (program, args) => ({ program, args: [...args] }) }

const unprivileged = (uid: number, gid: number, folder: string): Account => ({
  own: (path) => chownSync(path, uid, gid),
  command(program, args) {
    if (canOthersEnter(folder)) return { program, args: [...args], uid, gid }
    const capability = folderCapability(folder)
    const drop = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
    const keep = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`]
    return { program: 'setpriv', args: [...drop, ...keep, program, ...args] }
  },
})

/** PostgreSQL refuses to run as root: root hands it to the cluster's owner, or to nobody for a new cluster. */
export function chooseAccount(folder: string, clusterDir: string): Account {
  const self = process.getuid?.() ?? nobody
  const owner = existsSync(clusterDir) ? statSync(clusterDir) : undefined
  if (self === 0) return unprivileged(owner?.uid || nobody, owner?.gid || nobody, folder)
  if (owner && owner.uid !== self) {
    throw postgresErrors('POSTGRES_START_FAILED', {
      reason: `${clusterDir} belongs to user id ${owner.uid}, this is user id ${self}`,
    })
  }
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  return ordinaryUser
}
