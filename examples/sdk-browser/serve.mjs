import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../packages/sdk/build.mjs'

const read = (name) => readFileSync(new URL(name, import.meta.url))

/** Asks the demo bank who a customer is: the part a bank's own log-in plays. */
async function becomeCustomer(zhikeUrl, customerNo) {
  const answer = await fetch(`${zhikeUrl}/demo/become`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerNo }),
  })
  if (!answer.ok) throw new Error(`The demo bank answered ${answer.status}.`)
  return answer.json()
}

/** Serves the page on 127.0.0.1, as a bank's web server would. Resolves to its address and the way to stop it. */
export async function serveExample({ zhikeUrl, port = 0, customerNo }) {
  const script = await bundle('zhike.iife.js')
  const routes = {
    '/': async () => ['text/html', read('index.html')],
    '/main.js': async () => ['text/javascript', read('main.js')],
    '/zhike.iife.js': async () => ['text/javascript', script],
    '/settings.json': async () => {
      const { writeKey } = await becomeCustomer(zhikeUrl, customerNo)
      return ['application/json', JSON.stringify({ host: zhikeUrl, writeKey })]
    },
    '/bank/token': async () => {
      const { token } = await becomeCustomer(zhikeUrl, customerNo)
      return ['application/json', JSON.stringify({ token })]
    },
  }
  const server = createServer(async (request, response) => {
    const route = routes[request.url?.split('?')[0] ?? '']
    try {
      if (!route) return response.writeHead(404).end()
      const [type, body] = await route()
      return response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
    } catch (error) {
      return response.writeHead(502).end(String(error))
    }
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${server.address().port}`, close }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const zhikeUrl = process.env.ZHIKE_URL ?? 'http://127.0.0.1:4600'
  const customerNo = process.env.ZHIKE_CUSTOMER ?? 'C00000001'
  const { url } = await serveExample({ zhikeUrl, port: Number(process.env.PORT ?? 4700), customerNo })
  console.log(`${url} — page of a bank that reports to ${zhikeUrl}`)
}
