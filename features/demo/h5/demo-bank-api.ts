/** A customer one may become, and one that somebody became. */
export type DemoCustomer = { customerNo: string; name: string; hint: string }
export type Became = { customerNo: string; name: string; token: string; writeKey: string }

async function answerOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.status}`)
  return (await response.json()) as T
}

export const findDemoCustomers = async (q: string): Promise<DemoCustomer[]> =>
  (await answerOf<{ items: DemoCustomer[] }>(await fetch(`/demo/customers?q=${encodeURIComponent(q)}`))).items

/** What the bank's log-in does: proves who the customer is by a short-lived signed token. */
export const become = async (customerNo: string): Promise<Became> =>
  answerOf<Became>(
    await fetch('/demo/become', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerNo }),
    }),
  )
