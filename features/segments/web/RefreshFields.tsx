import { Flex, InputNumber, Select } from 'antd'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import { sharingText } from './sharing-text.ts'

export type Refreshing = Pick<Segment, 'refreshMode' | 'refreshEveryMinutes' | 'driftLimit'>

/** How members are kept: within seconds, on a schedule or on demand; and how far streaming may drift before sends stop. */
export function RefreshFields({
  value,
  onChange,
}: {
  value: Refreshing
  onChange: (value: Refreshing) => void
}) {
  const t = useText(sharingText)
  return (
    <Flex gap={8} align="center" wrap>
      <Select
        aria-label={t.kept}
        data-testid="segment-refresh-mode"
        value={value.refreshMode}
        onChange={(refreshMode) => onChange({ ...value, refreshMode })}
        options={[
          { value: 'streaming', label: t.streaming },
          { value: 'schedule', label: t.schedule },
          { value: 'manual', label: t.manual },
        ]}
        style={{ minWidth: 112 }}
      />
      {value.refreshMode !== 'manual' && (
        <>
          <span className="quiet">{t.everyLabel}</span>
          <InputNumber
            aria-label={t.everyLabel}
            min={5}
            max={525_600}
            precision={0}
            value={value.refreshEveryMinutes}
            onChange={(minutes) => minutes && onChange({ ...value, refreshEveryMinutes: minutes })}
            style={{ width: 104 }}
          />
          <span>{t.minutes}</span>
        </>
      )}
      {value.refreshMode === 'streaming' && (
        <>
          <span className="quiet">{t.driftLimitLabel}</span>
          <InputNumber
            aria-label={t.driftLimitLabel}
            min={0}
            max={100}
            value={value.driftLimit * 100}
            suffix="%"
            onChange={(percent) => percent !== null && onChange({ ...value, driftLimit: percent / 100 })}
            style={{ width: 96 }}
          />
        </>
      )}
    </Flex>
  )
}
