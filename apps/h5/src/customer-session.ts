import { createZhike, type Zhike } from '@zhike/sdk'
import { type Became, become } from '#features/demo/h5/demo-bank-api.ts'

const storageKey = 'zhike.h5.customer'
const refreshAfterMs = 8 * 60_000

/** Someone using the app: who they are, and the SDK that speaks for them. */
export type CustomerSession = { customerNo: string; name: string; zhike: Zhike }

export const rememberedCustomer = (): string | null => sessionStorage.getItem(storageKey)

/** Becomes a customer; the token is fetched anew before it runs out. */
export async function openSession(customerNo: string): Promise<CustomerSession> {
  let became: Became = await become(customerNo)
  let becameAt = Date.now()
  const zhike = createZhike({
    host: '',
    writeKey: became.writeKey,
    app: { name: 'demo-h5', version: '1.0.0' },
    flushAt: 10,
    flushIntervalMs: 1000,
    customerToken: async () => {
      if (Date.now() - becameAt > refreshAfterMs) {
        became = await become(customerNo)
        becameAt = Date.now()
      }
      return became.token
    },
  })
  zhike.identify(became.customerNo, {}, { token: became.token })
  zhike.track('app_opened', { space: 'main', version: '1.0.0' })
  sessionStorage.setItem(storageKey, became.customerNo)
  return { customerNo: became.customerNo, name: became.name, zhike }
}

/** Logs out: the next person on this device is nobody known. */
export async function closeSession(session: CustomerSession): Promise<void> {
  sessionStorage.removeItem(storageKey)
  session.zhike.track('logged_out', { space: 'main' })
  await session.zhike.reset()
  await session.zhike.close()
}
