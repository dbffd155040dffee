import { z } from 'zod'
import {
  Acknowledge,
  AlarmPage,
  AlarmParams,
  AlarmQuery,
  AlertParams,
  ChangeMetric,
  ComputeRequest,
  CreateAlert,
  CreateMetric,
  Metric,
  MetricAlert,
  MetricAlerts,
  MetricByOrg,
  MetricKey,
  MetricNow,
  MetricPage,
  MetricQuery,
  MetricSeries,
  MetricVersions,
  NowQuery,
  OrgQuery,
  SeriesQuery,
} from '#features/metrics/common/metric.ts'
import type { Metrics } from '#features/metrics/server/metrics.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { metrics: Metrics }
const tags = ['metrics']
const one = '/api/metrics/:key'
const read = { permission: 'metric.read' } as const
const write = { permission: 'metric.write' } as const

/** Key figures: registry, values, alerts. */
export function registerMetricRoutes(http: Http, deps: Deps): void {
  registerRegistry(http, deps)
  registerChanges(http, deps)
  registerValues(http, deps)
  registerAlerts(http, deps)
}

function registerRegistry(http: Http, { metrics }: Deps): void {
  http.get(
    '/api/metrics',
    {
      config: read,
      schema: { operationId: 'listMetrics', tags, querystring: MetricQuery, response: { 200: MetricPage } },
    },
    async (request) => metrics.list(request.scope, request.query),
  )
  http.get(
    one,
    {
      config: read,
      schema: { operationId: 'getMetric', tags, params: MetricKey, response: { 200: Metric } },
    },
    async (request) => metrics.get(request.scope, request.params.key),
  )
  http.get(
    `${one}/versions`,
    {
      config: read,
      schema: {
        operationId: 'listMetricVersions',
        tags,
        params: MetricKey,
        response: { 200: MetricVersions },
      },
    },
    async (request) => metrics.versions(request.params.key),
  )
}

function registerChanges(http: Http, { metrics }: Deps): void {
  http.post(
    '/api/metrics',
    {
      config: write,
      schema: { operationId: 'createMetric', tags, body: CreateMetric, response: { 201: Metric } },
    },
    async (request, reply) => reply.status(201).send(await metrics.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config: write,
      schema: {
        operationId: 'changeMetric',
        tags,
        params: MetricKey,
        body: ChangeMetric,
        response: { 200: Metric },
      },
    },
    async (request) => metrics.change(request.caller, request.scope, request.params.key, request.body),
  )
  http.delete(
    one,
    {
      config: write,
      schema: { operationId: 'deleteMetric', tags, params: MetricKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await metrics.remove(request.caller, request.scope, request.params.key)
      return reply.status(204).send(null)
    },
  )
}

function registerValues(http: Http, { metrics }: Deps): void {
  http.get(
    `${one}/series`,
    {
      config: read,
      schema: {
        operationId: 'getMetricSeries',
        tags,
        params: MetricKey,
        querystring: SeriesQuery,
        response: { 200: MetricSeries },
      },
    },
    async (request) => metrics.series(request.caller, request.params.key, request.query),
  )
  http.get(
    `${one}/orgs`,
    {
      config: read,
      schema: {
        operationId: 'getMetricByOrg',
        tags,
        params: MetricKey,
        querystring: OrgQuery,
        response: { 200: MetricByOrg },
      },
    },
    async (request) => metrics.byOrg(request.caller, request.params.key, request.query),
  )
  http.get(
    `${one}/now`,
    {
      config: read,
      schema: {
        operationId: 'getMetricNow',
        tags,
        params: MetricKey,
        querystring: NowQuery,
        response: { 200: MetricNow },
      },
    },
    async (request) => metrics.now(request.caller, request.params.key, request.query.grain),
  )
  http.post(
    `${one}/compute`,
    {
      config: write,
      schema: {
        operationId: 'computeMetric',
        tags,
        params: MetricKey,
        body: ComputeRequest,
        response: { 202: JobAccepted },
      },
    },
    async (request, reply) =>
      reply
        .status(202)
        .send({ jobId: await metrics.enqueueCompute(request.caller, request.params.key, request.body) }),
  )
}

function registerAlerts(http: Http, { metrics: { alerts } }: Deps): void {
  http.get(
    `${one}/alerts`,
    {
      config: read,
      schema: { operationId: 'listMetricAlerts', tags, params: MetricKey, response: { 200: MetricAlerts } },
    },
    async (request) => ({ items: await alerts.list(request.caller, request.params.key) }),
  )
  http.post(
    `${one}/alerts`,
    {
      config: write,
      schema: {
        operationId: 'createMetricAlert',
        tags,
        params: MetricKey,
        body: CreateAlert,
        response: { 201: MetricAlert },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await alerts.create(request.caller, request.params.key, request.body)),
  )
  http.delete(
    `${one}/alerts/:alertId`,
    {
      config: write,
      schema: { operationId: 'deleteMetricAlert', tags, params: AlertParams, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await alerts.remove(request.caller, request.params.key, request.params.alertId)
      return reply.status(204).send(null)
    },
  )
  http.get(
    '/api/metric-alarms',
    {
      config: read,
      schema: {
        operationId: 'listMetricAlarms',
        tags,
        querystring: AlarmQuery,
        response: { 200: AlarmPage },
      },
    },
    async (request) => alerts.alarms(request.caller, request.scope, request.query),
  )
  http.post(
    '/api/metric-alarms/:alarmId/acknowledge',
    {
      config: read,
      schema: {
        operationId: 'acknowledgeMetricAlarm',
        tags,
        params: AlarmParams,
        body: Acknowledge,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await alerts.acknowledge(request.caller, request.scope, request.params.alarmId, request.body.note)
      return reply.status(204).send(null)
    },
  )
}
