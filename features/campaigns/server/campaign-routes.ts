import { z } from 'zod'
import {
  Campaign,
  CampaignBody,
  CampaignPage,
  CampaignQuery,
  Close,
  Funnel,
  Report,
  Stop,
  Submit,
} from '#features/campaigns/common/campaign.ts'
import type { Campaigns } from '#features/campaigns/server/campaigns.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { campaigns: Campaigns }

const tags = ['campaigns']
const params = z.object({ key: z.string().min(1).max(64) })
const answer = { response: { 200: Campaign } }

/** Routes of campaigns. */
export function registerCampaignRoutes(http: Http, deps: Deps): void {
  registerDraftRoutes(http, deps)
  registerControlRoutes(http, deps)
  registerReadRoutes(http, deps)
}

function registerDraftRoutes(http: Http, { campaigns: { service } }: Deps): void {
  http.post(
    '/api/campaigns',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'createCampaign', tags, body: CampaignBody, response: { 201: Campaign } },
    },
    async (request, reply) => reply.status(201).send(await service.create(request.caller, request.body)),
  )
  http.get(
    '/api/campaigns',
    {
      config: { permission: 'campaign.read' },
      schema: {
        operationId: 'listCampaigns',
        tags,
        querystring: CampaignQuery,
        response: { 200: CampaignPage },
      },
    },
    async (request) => service.list(request.caller, request.query),
  )
  http.get(
    '/api/campaigns/:key',
    {
      config: { permission: 'campaign.read' },
      schema: { operationId: 'getCampaign', tags, params, ...answer },
    },
    async (request) => service.get(request.caller, request.params.key),
  )
  http.put(
    '/api/campaigns/:key',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'changeCampaign', tags, params, body: CampaignBody, ...answer },
    },
    async (request) => service.change(request.caller, request.params.key, request.body),
  )
  http.post(
    '/api/campaigns/:key/submit',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'submitCampaign', tags, params, body: Submit.nullish(), ...answer },
    },
    async (request) => service.submit(request.caller, request.params.key, request.body?.summary ?? ''),
  )
  http.post(
    '/api/campaigns/:key/withdraw',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'withdrawCampaign', tags, params, ...answer },
    },
    async (request) => service.withdraw(request.caller, request.params.key),
  )
}

function registerControlRoutes(http: Http, { campaigns: { control } }: Deps): void {
  http.post(
    '/api/campaigns/:key/start',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'startCampaign', tags, params, response: { 202: JobAccepted } },
    },
    async (request, reply) => reply.status(202).send(await control.start(request.caller, request.params.key)),
  )
  http.post(
    '/api/campaigns/:key/advance',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'advanceCampaign', tags, params, response: { 202: JobAccepted } },
    },
    async (request, reply) =>
      reply.status(202).send(await control.advance(request.caller, request.params.key)),
  )
  http.post(
    '/api/campaigns/:key/pause',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'pauseCampaign', tags, params, ...answer },
    },
    async (request) => control.pause(request.caller, request.params.key),
  )
  http.post(
    '/api/campaigns/:key/resume',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'resumeCampaign', tags, params, ...answer },
    },
    async (request) => control.resume(request.caller, request.params.key),
  )
  http.post(
    '/api/campaigns/:key/stop',
    {
      config: { permission: 'campaign.write' },
      schema: { operationId: 'stopCampaign', tags, params, body: Stop, ...answer },
    },
    async (request) => control.stop(request.caller, request.params.key, request.body.reason),
  )
  http.post(
    '/api/campaigns/:key/close',
    {
      config: { permission: 'campaign.review' },
      schema: { operationId: 'closeCampaign', tags, params, body: Close, ...answer },
    },
    async (request) => control.close(request.caller, request.params.key, request.body.reviewText),
  )
}

function registerReadRoutes(http: Http, { campaigns }: Deps): void {
  http.get(
    '/api/campaigns/:key/funnel',
    {
      config: { permission: 'report.read' },
      schema: { operationId: 'getCampaignFunnel', tags, params, response: { 200: Funnel } },
    },
    async (request) => campaigns.funnel(request.caller, request.scope, request.params.key),
  )
  http.get(
    '/api/campaigns/:key/report',
    {
      config: { permission: 'report.read' },
      schema: { operationId: 'getCampaignReport', tags, params, response: { 200: Report } },
    },
    async (request) => campaigns.report(request.caller, request.scope, request.params.key),
  )
}
