import { Card, Flex, Select } from 'antd'
import type { ReactNode } from 'react'
import { ErrorState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { valueText } from './value-text.ts'

/** The questions of an analysis in a row above its answer. */
export function AnalysisFrame(props: {
  hint: string
  questions: ReactNode
  query: { error: unknown; refetch: () => unknown }
  children: ReactNode
}) {
  return (
    <Flex vertical gap={12}>
      <Card size="small">
        <Flex gap={12} wrap align="end">
          {props.questions}
        </Flex>
        <div className="quiet small" style={{ marginTop: 8 }}>
          {props.hint}
        </div>
      </Card>
      {props.query.error ? (
        <ErrorState error={props.query.error} onRetry={() => void props.query.refetch()} />
      ) : (
        props.children
      )}
    </Flex>
  )
}

/** One question with its label above it. */
export function Question({
  label,
  width = 200,
  children,
}: {
  label: string
  width?: number
  children: ReactNode
}) {
  return (
    <Flex vertical gap={4} style={{ width, maxWidth: '100%' }}>
      <span className="quiet small">{label}</span>
      {children}
    </Flex>
  )
}

/** The last days, some common lengths. */
export function DaysQuestion({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  const t = useText(valueText)
  return (
    <Question label={t.period} width={140}>
      <Select
        aria-label={t.period}
        value={days}
        onChange={onChange}
        options={[7, 30, 60, 90, 180, 365].map((n) => ({ value: n, label: t.days(n) }))}
      />
    </Question>
  )
}
