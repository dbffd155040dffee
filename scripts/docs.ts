import { startVitest } from 'vitest/node'

// The generated files come out of the whole program on test engines: the test that compares them also writes them.
process.env.ZHIKE_TEST_WRITE_DOCS = 'true'
const vitest = await startVitest('test', ['scripts/generate.api.test.ts'], { run: true, watch: false })
await vitest.close()
