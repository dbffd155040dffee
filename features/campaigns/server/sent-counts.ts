import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Counts over what the gate, delivery and tasks keep of a campaign; their doors give single customers only. */
export async function sentCounts(
  runner: PgRunner,
  campaignId: number,
): Promise<{ messages: number; tasksFinished: number }> {
  const row = await runner.first<{ messages: number; tasksFinished: number }>(sql`
    SELECT
      (SELECT count(*) FROM touch AS t
       WHERE t.campaign_id = ${campaignId} AND t.counts_as_message AND t.state = 'committed') AS messages,
      (SELECT count(*) FROM task AS t
       WHERE t.campaign_id = ${campaignId} AND t.state IN ('won', 'lost')) AS "tasksFinished"`)
  return row ?? { messages: 0, tasksFinished: 0 }
}

export type RunCounts = { placed: number; stopped: number; tasks: number; tasksDone: number }

/** Where the runs of a campaign stand; `inScope` is a condition on `r`, a run. */
export async function runCounts(runner: PgRunner, campaignId: number, inScope: Sql): Promise<RunCounts> {
  const row = await runner.first<RunCounts>(sql`
    SELECT count(*) FILTER (WHERE r.rung >= 0) AS placed, count(*) FILTER (WHERE r.state = 'stopped') AS stopped,
      count(t.task_id) AS tasks, count(t.task_id) FILTER (WHERE t.state IN ('won', 'lost')) AS "tasksDone"
    FROM campaign_run AS r
    LEFT JOIN task AS t ON t.campaign_id = r.campaign_id AND t.customer_id = r.customer_id
    WHERE r.campaign_id = ${campaignId} AND ${inScope}`)
  return row ?? { placed: 0, stopped: 0, tasks: 0, tasksDone: 0 }
}

/** What the gate refused, by code. */
export async function refusals(
  runner: PgRunner,
  campaignId: number,
  inScope: Sql,
): Promise<{ code: string; count: number }[]> {
  return runner.query<{ code: string; count: number }>(sql`
    SELECT r.gate_code AS code, count(*) AS count FROM campaign_run AS r
    WHERE r.campaign_id = ${campaignId} AND r.gate_code IS NOT NULL AND ${inScope}
    GROUP BY r.gate_code ORDER BY count(*) DESC, r.gate_code`)
}

/** Control customers who have a touch or a task of the campaign all the same: there should be none. */
export async function touchedControls(runner: PgRunner, campaignId: number, inScope: Sql): Promise<number[]> {
  const rows = await runner.query<{ customer_id: number }>(sql`
    SELECT r.customer_id FROM campaign_run AS r
    WHERE r.campaign_id = ${campaignId} AND r.is_control AND ${inScope} AND (
      EXISTS (SELECT FROM touch AS t WHERE t.campaign_id = r.campaign_id AND t.customer_id = r.customer_id
              AND t.state <> 'released')
      OR EXISTS (SELECT FROM task AS t WHERE t.campaign_id = r.campaign_id AND t.customer_id = r.customer_id))`)
  return rows.map((row) => row.customer_id)
}
