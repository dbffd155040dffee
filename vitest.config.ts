import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    include: ['{apps,features,platform,packages,db,scripts,e2e,examples}/**/*.test.{ts,tsx}'],
    globalSetup: ['platform/server/postgres/postgres-global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
  },
})
