import { parseArgs } from 'node:util'
import { readControlFile } from '#apps/server/src/control-file.ts'
import { readConfig } from '#platform/server/config.ts'
import { createZhike } from '../packages/sdk/src/node.ts'

const usage = `npm run simulate -- [--rate 20] [--seconds 0] [--host http://127.0.0.1:4600] [--key demo]

Sends live events through the public API as customers of the demo bank, until Ctrl-C or for that many seconds.`

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '0' },
    host: { type: 'string' },
    key: { type: 'string', default: 'demo' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
if (values.help || !(rate > 0 && rate <= 5000) || !(seconds >= 0)) {
  console.log(usage)
  process.exit(values.help ? 0 : 2)
}
const config = readConfig()
const host = values.host ?? readControlFile(config.dataDir)?.url ?? `http://127.0.0.1:${config.port}`

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T
const pages = ['home', 'account', 'wealth', 'transfer', 'product', 'cards']

/** What a customer does in one moment, as likely as in the demo bank's history. */
function happening(): { name: string; properties: Record<string, unknown> } {
  const share = Math.random()
  if (share < 0.25) return { name: 'app_opened', properties: { version: '9.1.0', space: 'main' } }
  if (share < 0.8) return { name: 'page_viewed', properties: { page: pick(pages), space: 'main' } }
  const amount = Math.round(10 + Math.random() * 5000)
  if (share < 0.93)
    return {
      name: 'money_out',
      properties: { amount, channel: 'app', counterparty_type: pick(['person', 'merchant', 'own']) },
    }
  if (share < 0.97)
    return { name: 'salary_received', properties: { amount: 3500 + amount * 3, channel: 'batch' } }
  return {
    name: 'product_purchased',
    properties: {
      product: `W${Math.floor(Math.random() * 30)}`,
      family: 'wealth',
      amount: 1000 * Math.ceil(amount / 100),
    },
  }
}

const healthy = await fetch(`${host}/healthz`).then(
  (answer) => answer.ok,
  () => false,
)
if (!healthy) {
  console.error(`No Zhike is ready on ${host}. Start it with: npm start`)
  process.exit(1)
}

let refused = 0
const zhike = createZhike({
  host,
  writeKey: values.key,
  flushAt: 50,
  flushIntervalMs: 500,
  onRejected: () => {
    refused += 1
  },
})
let sent = 0
const started = Date.now()
const tick = setInterval(() => {
  const due = Math.floor(((Date.now() - started) / 1000) * rate) - sent
  for (let nth = 0; nth < due; nth += 1) {
    const number = 1 + Math.floor(Math.random() * Math.max(1, config.demoCustomers))
    const { name, properties } = happening()
    zhike.track(name, properties, { userId: `C${String(number).padStart(8, '0')}` })
    sent += 1
  }
  if (process.stdout.isTTY) process.stdout.write(`\r${sent} events sent, ${refused} refused `)
  if (seconds && Date.now() - started >= seconds * 1000) void finish()
}, 50)

let isFinishing = false
async function finish(): Promise<void> {
  if (isFinishing) process.exit(1)
  isFinishing = true
  clearInterval(tick)
  await zhike.close()
  console.log(`\n${sent} events sent, ${refused} refused`)
  process.exit(refused ? 1 : 0)
}
process.on('SIGINT', () => void finish())
process.on('SIGTERM', () => void finish())
