import { ContactCaps } from '#features/gate/common/gate.ts'
import type { Gate } from '#features/gate/server/gate-service.ts'
import type { Http } from '#platform/server/http.ts'

export function registerGateRoutes(http: Http, deps: { gate: Gate }): void {
  http.get(
    '/api/gate/caps',
    {
      config: { permission: 'campaign.read' },
      schema: { operationId: 'listContactCaps', tags: ['gate'], response: { 200: ContactCaps } },
    },
    async () => ({ items: await deps.gate.listCaps() }),
  )
}
