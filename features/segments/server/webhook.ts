import { createHmac } from 'node:crypto'
import { lookup as resolve } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { segmentError } from '#features/segments/common/segment-errors.ts'

/** Networks nobody outside has a server in: the bank's own, the machine itself, clouds' metadata, tunnels into them. */
const closed = new BlockList()
const nets4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
const nets6 =
  '::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/32 2001:db8::/32 2002::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8'
for (const [nets, family] of [
  [nets4, 'ipv4'],
  [nets6, 'ipv6'],
] as const) {
  for (const net of nets.split(' ')) {
    const [address = '', bits] = net.split('/')
    closed.addSubnet(address, Number(bits), family)
  }
}

/** Whether an address is one that anybody on the internet could have. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && !closed.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

const hostOf = (url: URL): string =>
  `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/** Why a webhook can't go to an address, or undefined: plain HTTP and private addresses only where a setting names them. */
export function refusalOf(text: string, privateHosts: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'it is no http(s) address'
  if (url.username || url.password) return 'it carries a password'
  if (privateHosts.includes(hostOf(url))) return undefined
  if (url.protocol !== 'https:') return 'it is not encrypted'
  if (isIP(bare(url.hostname)) && !isPublicAddress(bare(url.hostname))) return 'it is a private address'
  return undefined
}

export function checkWebhookUrl(url: string, privateHosts: readonly string[]): void {
  const reason = refusalOf(url, privateHosts)
  if (reason)
    throw segmentError('WEBHOOK_URL_REFUSED', { reason }, [
      { path: 'url', code: 'WEBHOOK_URL_REFUSED', message: reason },
    ])
}

/** Resolves a name and refuses private answers; what was checked is what is connected to, so no second answer counts. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { all: true }, (error, addresses) => {
    const fail =
      error ??
      (addresses.every(({ address }) => isPublicAddress(address)) ? null : new Error('private address'))
    const [first] = addresses ?? []
    if (fail || !first) return callback(fail ?? new Error('no address'), '', 0)
    if (options.all) (callback as (e: null, list: typeof addresses) => void)(null, addresses)
    else callback(null, first.address, first.family)
  })
}

/** The signature of a batch, as Standard Webhooks writes it. */
export const signatureOf = (secret: string, id: string, timestamp: string, body: string): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`

export type Delivery =
  | { kind: 'taken'; status: number }
  | { kind: 'failed'; status: number | null; reason: string }

const mostAnswerBytes = 64 * 1024

/** Sends one signed batch; anything but a 2xx in time has failed. Redirects are not followed. */
export function sendWebhook(input: {
  url: string
  secret: string
  id: string
  timestamp: string
  body: string
  privateHosts: readonly string[]
  timeoutMs: number
}): Promise<Delivery> {
  const { id, timestamp, body } = input
  const refusal = refusalOf(input.url, input.privateHosts)
  if (refusal) return Promise.resolve({ kind: 'failed', status: null, reason: refusal })
  const url = new URL(input.url)
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest
  const isAllowed = input.privateHosts.includes(hostOf(url))
  return new Promise((done) => {
    const fail = (reason: string, status: number | null = null) => done({ kind: 'failed', status, reason })
    const signal = AbortSignal.timeout(input.timeoutMs)
    const request = send(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        ...(isAllowed ? {} : { lookup: publicOnly }),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'zhike',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signatureOf(input.secret, id, timestamp, body),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0
        let bytes = 0
        const settle = () =>
          status >= 200 && status < 300 ? done({ kind: 'taken', status }) : fail(`answered ${status}`, status)
        // What it says is not read, but it has to finish saying it: an answer cut off is no answer.
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > mostAnswerBytes) request.destroy(new Error('the answer is too long'))
        })
        response.on('end', settle)
        response.on('error', (error) => fail(error.message, status))
      },
    )
    request.on('error', (error) =>
      fail(signal.aborted ? `no answer within ${input.timeoutMs} ms` : error.message),
    )
    request.end(body)
  })
}
