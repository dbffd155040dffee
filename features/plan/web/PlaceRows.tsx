import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Input } from 'antd'
import { useText } from '#platform/web/text.ts'
import type { Place } from '../common/plan.ts'
import { planText } from './plan-text.ts'

/** Where an event must come from: a space, and a page of it or any. */
export function PlaceRows(props: { places: readonly Place[]; onChange: (places: Place[]) => void }) {
  const t = useText(planText)
  const { places, onChange } = props
  return (
    <Card size="small" title={t.places}>
      <Flex vertical gap={8}>
        {places.length === 0 && <span className="quiet">{t.noPlaces}</span>}
        {places.map((place, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names are being typed, so only the place identifies a row
          <div className="plan-place" key={at}>
            <Input
              aria-label={t.space}
              placeholder={t.space}
              maxLength={100}
              value={place.space}
              onChange={(event) => onChange(places.with(at, { ...place, space: event.target.value }))}
            />
            <Input
              aria-label={t.page}
              placeholder={t.anyPage}
              maxLength={200}
              value={place.page ?? ''}
              onChange={(event) => onChange(places.with(at, { ...place, page: event.target.value }))}
            />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t.remove}
              onClick={() => onChange(places.toSpliced(at, 1))}
            />
          </div>
        ))}
        <Button icon={<PlusOutlined />} onClick={() => onChange([...places, { space: '' }])}>
          {t.addPlace}
        </Button>
      </Flex>
    </Card>
  )
}
