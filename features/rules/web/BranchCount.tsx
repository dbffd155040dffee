import { Tooltip } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import { useEditor } from './editor-context.ts'
import { ruleText } from './rule-text.ts'

/** How many customers a part of the rule holds for, with its share; faint while it is counted anew. */
export function BranchCount({ path }: { path: string }) {
  const t = useText(ruleText)
  const format = useFormat()
  const { counts } = useEditor()
  const count = counts.of(path)
  if (count === undefined || !counts.base || !counts.asOf || counts.isOld) return null
  const share = count / counts.base
  return (
    <Tooltip title={t.branchHint(format.exactTime(counts.asOf))}>
      <span className="branch-count small" data-testid="branch-count" data-path={path} data-count={count}>
        <span className="branch-bar" aria-hidden="true">
          <span style={{ width: `${Math.min(100, share * 100)}%` }} />
        </span>
        {t.branchCount(format.number(count), format.percent(share, 1))}
      </span>
    </Tooltip>
  )
}
