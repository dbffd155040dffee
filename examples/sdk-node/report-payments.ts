import { readFileSync } from 'node:fs'
import { createZhike, fileStorage } from '@zhike/sdk/node'
import type { ZhikeEvents } from './zhike-events.ts'

/** What the core banking system writes: customer number, amount, kind; one payment a line. */
const [file = new URL('payments.csv', import.meta.url).pathname] = process.argv.slice(2)

const zhike = createZhike<ZhikeEvents>({
  host: process.env.ZHIKE_URL ?? 'http://127.0.0.1:4600',
  writeKey: process.env.ZHIKE_WRITE_KEY ?? 'demo',
  storage: fileStorage(process.env.ZHIKE_QUEUE ?? './zhike-queue'),
  onError: (error) => console.error(String(error)),
})

let count = 0
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const [userId = '', amount = '', kind = ''] = line.split(',')
  if (kind === 'salary') zhike.track('salary_received', { amount: Number(amount) }, { userId })
  else zhike.track('money_in', { amount: Number(amount), channel: 'counter' }, { userId })
  count++
}

// From here on a power cut loses none of them; what cannot be sent now is sent by the next run.
await zhike.saved()
await zhike.close()
console.log(`${count} payments reported.`)
