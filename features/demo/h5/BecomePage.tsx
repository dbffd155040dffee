import { type FormEvent, useEffect, useState } from 'react'
import { defineText, useText } from '#platform/web/text.ts'
import { type DemoCustomer, findDemoCustomers } from './demo-bank-api.ts'

const text = defineText({
  title: ['以客户身份体验', 'Become a customer'],
  hint: [
    '示范银行没有真实登录:选一位客户,即以其身份进入手机银行。',
    'The demo bank has no real sign-in: choose a customer to open the app as them.',
  ],
  search: ['客户号', 'Customer number'],
  go: ['进入', 'Enter'],
  none: ['没有这个客户号。', 'No customer has this number.'],
  failed: ['示范银行没有回应,请确认服务已启动。', 'The demo bank does not answer. Is the server running?'],
  loading: ['正在查找…', 'Searching…'],
})

/** Chooses whom to be: search by number, or one of a few. */
export function BecomePage({
  onChoose,
  refused,
}: {
  onChoose: (customerNo: string) => void
  refused: boolean
}) {
  const t = useText(text)
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<DemoCustomer[] | 'loading' | 'failed'>('loading')

  useEffect(() => {
    let isCurrent = true
    findDemoCustomers(query.trim()).then(
      (items) => isCurrent && setFound(items),
      () => isCurrent && setFound('failed'),
    )
    return () => {
      isCurrent = false
    }
  }, [query])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (query.trim()) onChoose(query.trim())
  }
  return (
    <main className="page become">
      <h1>{t.title}</h1>
      <p className="muted">{t.hint}</p>
      <form onSubmit={submit} className="row">
        <input
          aria-label={t.search}
          placeholder={t.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          data-testid="become-search"
        />
        <button type="submit" className="primary">
          {t.go}
        </button>
      </form>
      {refused && <p role="alert">{t.none}</p>}
      {found === 'loading' && <p role="status">{t.loading}</p>}
      {found === 'failed' && <p role="alert">{t.failed}</p>}
      {Array.isArray(found) && found.length === 0 && <p role="status">{t.none}</p>}
      {Array.isArray(found) && (
        <ul className="cards">
          {found.map((customer) => (
            <li key={customer.customerNo}>
              <button type="button" onClick={() => onChoose(customer.customerNo)}>
                <strong>{customer.name}</strong>
                <span>{customer.customerNo}</span>
                <small>{customer.hint}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </main>
  )
}
