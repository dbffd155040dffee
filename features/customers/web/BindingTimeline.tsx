import { Flex, Tooltip } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Binding } from '../common/customer-identities.ts'
import { bindingText, proofNames } from './binding-text.ts'
import { type BindingBar, bindingLanes } from './binding-timeline.ts'
import { identityName } from './customer-text.ts'

const colorOf = ({ binding, isOpen }: BindingBar): string =>
  binding.undone
    ? 'var(--ant-color-fill)'
    : isOpen
      ? 'var(--ant-color-primary)'
      : 'var(--ant-color-primary-border)'

/** When which device or id was this customer: one lane each, time from left to right. */
export function BindingTimeline({ bindings }: { bindings: readonly Binding[] }) {
  const t = useText(bindingText)
  const pick = usePick()
  const format = useFormat()
  const { lanes, fromMs, toMs } = bindingLanes(bindings, Date.now())
  const period = ({ since, until }: Binding) =>
    `${format.time(since)} → ${until === null ? t.now : format.time(until)}`
  return (
    <Flex vertical gap={6} role="img" aria-label={t.picture}>
      {lanes.map((lane) => (
        <Flex key={lane.visitor} align="center" gap={8}>
          <span
            className="small"
            style={{ width: 128, flex: 'none', overflow: 'hidden', textOverflow: 'ellipsis' }}
          >
            {lane.kind === 'device' ? t.device : pick(identityName(lane.kind))} …{lane.visitor.slice(-6)}
          </span>
          <div
            style={{
              position: 'relative',
              height: 16,
              flex: 1,
              background: 'var(--ant-color-fill-tertiary)',
              borderRadius: 4,
            }}
          >
            {lane.bars.map((bar) => (
              <Tooltip
                key={`${bar.binding.since} ${bar.binding.undone?.at ?? ''}`}
                title={`${period(bar.binding)} · ${pick(proofNames[bar.binding.proof])}`}
              >
                <div
                  style={{
                    position: 'absolute',
                    insetBlock: 2,
                    left: `${bar.startPercent}%`,
                    width: `${bar.widthPercent}%`,
                    borderRadius: 3,
                    background: colorOf(bar),
                    ...(bar.binding.undone && { border: '1px dashed var(--ant-color-error)' }),
                  }}
                />
              </Tooltip>
            ))}
          </div>
        </Flex>
      ))}
      <Flex justify="space-between" style={{ paddingInlineStart: 136 }}>
        <span className="quiet small">{format.date(new Date(fromMs).toISOString())}</span>
        <span className="quiet small">{format.date(new Date(toMs).toISOString())}</span>
      </Flex>
    </Flex>
  )
}
