import type { Zhike } from '@zhike/sdk'
import { type FormEvent, useEffect, useState } from 'react'
import { useParams } from 'react-router'
import { useText } from '#platform/web/text.ts'
import { appText } from './h5-text.ts'

const mostAmount = 1_000_000

/** A product with what must be said of it, and the purchase that a campaign hopes for. */
export function ProductPage({ zhike }: { zhike: Zhike }) {
  const t = useText(appText)
  const { product = '' } = useParams()
  const [amount, setAmount] = useState('10000')
  const [bought, setBought] = useState<string>()
  useEffect(() => {
    zhike.page('product', { page: 'product', product, space: 'main' })
  }, [zhike, product])

  const isWrong = !/^[1-9]\d{0,6}$/.test(amount) || Number(amount) > mostAmount
  const buy = (event: FormEvent) => {
    event.preventDefault()
    if (isWrong) return
    zhike.track('product_purchased', { product, family: 'wealth', amount: Number(amount) })
    void zhike.flush()
    setBought(amount)
  }
  return (
    <main className="page">
      <h1>{t.product(product)}</h1>
      <p className="muted">{t.risk}</p>
      {bought ? (
        <p role="status" data-testid="bought">
          {t.bought(Number(bought).toLocaleString('en'))}
        </p>
      ) : (
        <form onSubmit={buy} className="column">
          <label>
            {t.amount}
            <input
              inputMode="numeric"
              value={amount}
              onChange={(event) => setAmount(event.target.value)}
              aria-invalid={isWrong}
            />
          </label>
          {isWrong && <p role="alert">{t.amountWrong}</p>}
          <button type="submit" className="primary" disabled={isWrong} data-testid="buy">
            {t.buy}
          </button>
        </form>
      )}
    </main>
  )
}
