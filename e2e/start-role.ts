import { startFromCommandLine } from '#apps/server/src/main.ts'

/* A process of a cluster, for tests: as `npm start`, without building the console. */
await startFromCommandLine({ prepare: async () => undefined })
