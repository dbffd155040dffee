#!/usr/bin/env node
// `npx zhike …`: runs the command line from TypeScript sources.
import { register } from 'tsx/esm/api'

register()
await import('../apps/server/src/command-line.ts')
