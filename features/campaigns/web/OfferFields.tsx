import { Card, Form, Input } from 'antd'
import { useText } from '#platform/web/text.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import type { PartProps } from './GoalFields.tsx'

const productPage = /^\/h5\/(products\/[^/]*)?$/

/** What is offered; naming a product fills in the link to its page, unless another was written. */
export function OfferFields({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const { offer } = draft
  const set = (change: Partial<typeof offer>) => onChange({ ...draft, offer: { ...offer, ...change } })
  const setProduct = (productCode: string) => {
    const code = productCode.trim()
    const link = code === '' ? '/h5/' : `/h5/products/${encodeURIComponent(code)}`
    set({ productCode, ...(productPage.test(offer.link) ? { link } : {}) })
  }
  return (
    <Card size="small" title={t.offer}>
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid two-columns">
        <FormField id="offer-title" label={t.offerTitle} path="offer.title" problems={problems} isWide>
          <Input
            id="offer-title"
            data-testid="offer-title"
            maxLength={60}
            showCount
            placeholder={t.offerTitleHint}
            value={offer.title}
            onChange={(event) => set({ title: event.target.value })}
          />
        </FormField>
        <FormField id="offer-body" label={t.offerBody} path="offer.body" problems={problems} isWide>
          <Input.TextArea
            id="offer-body"
            data-testid="offer-body"
            maxLength={500}
            showCount
            autoSize={{ minRows: 2, maxRows: 8 }}
            placeholder={t.offerBodyHint}
            value={offer.body}
            onChange={(event) => set({ body: event.target.value })}
          />
        </FormField>
        <FormField
          id="offer-product"
          label={t.product}
          path="offer.productCode"
          problems={problems}
          hint={t.productHint}
        >
          <Input
            id="offer-product"
            data-testid="offer-product"
            maxLength={100}
            placeholder="FUND-STEADY"
            value={offer.productCode ?? ''}
            onChange={(event) => setProduct(event.target.value)}
          />
        </FormField>
        <FormField
          id="offer-link"
          label={t.offerLink}
          path="offer.link"
          problems={problems}
          hint={t.offerLinkHint}
        >
          <Input
            id="offer-link"
            data-testid="offer-link"
            maxLength={2000}
            value={offer.link}
            onChange={(event) => set({ link: event.target.value })}
          />
        </FormField>
      </Form>
    </Card>
  )
}
