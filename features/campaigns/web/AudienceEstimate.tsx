import { Card } from 'antd'
import type { Rule } from '#features/rules/common/rule.ts'
import { RuleEstimate } from '#features/rules/web/index.ts'
import { useMay } from '#platform/web/session.tsx'

/** How many an audience is now, for who may count customers; an auditor may not. */
export function AudienceEstimate({ rule }: { rule: Rule }) {
  const may = useMay()
  if (!may('segment.read')) return null
  return (
    <Card size="small">
      <RuleEstimate rule={rule} />
    </Card>
  )
}
