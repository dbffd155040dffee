import { startFromCommandLine } from '#apps/server/src/main.ts'
import { buildWeb } from './build-web.ts'

await startFromCommandLine({ prepare: () => buildWeb(console.log) })
