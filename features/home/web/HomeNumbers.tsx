import { useFormat } from '#platform/web/format.ts'
import { Stat } from '#platform/web/Stat.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Home } from '../common/home.ts'
import { spanInDays } from './home-findings.ts'
import { homeText } from './home-text.ts'

/** Today's numbers; those the role may not see are not there. */
export function HomeNumbers({ home }: { home: Home }) {
  const t = useText(homeText)
  const format = useFormat()
  const { asOf, aumByDay, tasks, provisionalCustomers } = home
  const first = aumByDay?.[0]
  const change = first && home.aum !== null ? Number(home.aum) - Number(first.amount) : undefined
  const pick = usePick()
  /** What the registry says of a number, with the key and version it was computed with. */
  const metricOf = (name: string, otherwise: string) => {
    const metric = home.metrics[name]
    return metric ? t.byMetric(pick(metric.definition), metric.key, metric.version) : otherwise
  }
  const signed = change === undefined ? undefined : `${change >= 0 ? '+' : ''}${format.money(change)}`
  return (
    <div className="stat-grid">
      {home.customers !== null && (
        <Stat
          label={t.customers}
          value={format.number(home.customers)}
          definition={metricOf('customers', t.customersHint)}
          asOf={asOf}
          to="/customers"
          note={provisionalCustomers ? t.provisional(format.number(provisionalCustomers)) : undefined}
          testId="home-customers"
        />
      )}
      {home.aum !== null && (
        <Stat
          label={t.aum}
          value={format.money(home.aum)}
          definition={metricOf('aum', t.aumHint)}
          exact={format.exactMoney(home.aum)}
          asOf={asOf}
          to="/customers"
          note={signed && t.aumChange(signed, spanInDays(aumByDay ?? []))}
        />
      )}
      {home.activeToday !== null && (
        <Stat
          label={t.active}
          value={format.number(home.activeToday)}
          definition={metricOf('activeToday', t.activeHint)}
          asOf={asOf}
          note={home.customers ? format.percent(home.activeToday / home.customers) : undefined}
        />
      )}
      {home.eventsToday !== null && (
        <Stat
          label={t.events}
          value={format.number(home.eventsToday)}
          definition={metricOf('eventsToday', t.eventsHint)}
          asOf={asOf}
          testId="home-events"
        />
      )}
      {home.openApprovals !== null && (
        <Stat
          label={t.approvals}
          value={format.number(home.openApprovals)}
          definition={t.approvalsHint}
          asOf={asOf}
          to="/approvals"
        />
      )}
      {tasks && (
        <Stat
          label={t.tasks}
          value={format.number(tasks.active)}
          definition={t.tasksHint}
          asOf={asOf}
          to="/tasks"
          note={
            tasks.overdue > 0
              ? t.overdue(format.number(tasks.overdue))
              : t.doneToday(format.number(tasks.doneToday))
          }
        />
      )}
    </div>
  )
}
