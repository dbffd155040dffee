import { createZhike, type Zhike } from '@zhike/sdk'
import { become } from '#features/demo/h5/demo-bank-api.ts'

const storageKey = 'zhike.h5.customer'

/** Someone using the app: who they are, and the SDK that speaks for them. */
export type CustomerSession = { customerNo: string; name: string; zhike: Zhike }

export const rememberedCustomer = (): string | null => sessionStorage.getItem(storageKey)

/** Becomes a customer; the SDK asks for another token before the one it has runs out. */
export async function openSession(customerNo: string): Promise<CustomerSession> {
  const became = await become(customerNo)
  const zhike = createZhike({
    host: '',
    writeKey: became.writeKey,
    app: { name: 'demo-h5', version: '1.0.0' },
    flushAt: 10,
    flushIntervalMs: 1000,
    // The pages say themselves what happens on them.
    capture: false,
    customerToken: async () => (await become(customerNo)).token,
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
