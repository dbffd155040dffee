import { unpackBinaries } from './postgres-binaries.ts'
import { type LocalPostgres, startCluster } from './postgres-cluster.ts'

const localeArgs = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']

/** Starts the packaged PostgreSQL on a data folder, or adopts the server that still lives there. */
export const startEmbeddedPostgres = (options: {
  dataDir: string
  forTests?: boolean
}): Promise<LocalPostgres> => startCluster({ ...options, binDir: unpackBinaries(), localeArgs })
