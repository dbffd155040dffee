import { z } from 'zod'

/** Demo only. GET /demo/customers?q= → a few customers to become; POST /demo/become {customerNo} → {token, name}. */
export const DemoCustomers = z.object({
  items: z.array(z.object({ customerNo: z.string(), name: z.string(), hint: z.string() })),
})
export const Become = z.object({ customerNo: z.string().min(1).max(64) })
export const Became = z.object({
  customerNo: z.string(),
  name: z.string(),
  token: z.string(),
  writeKey: z.string(),
})
