import { ImportPage, ImportQuery } from '#features/imports/common/import.ts'
import type { Imports } from '#features/imports/server/imports.ts'
import type { Http } from '#platform/server/http.ts'

export function registerImportRoutes(http: Http, { imports }: { imports: Imports }): void {
  http.get(
    '/api/imports',
    {
      config: { permission: 'import.read' },
      schema: {
        operationId: 'listImports',
        tags: ['imports'],
        querystring: ImportQuery,
        response: { 200: ImportPage },
      },
    },
    async (request) => imports.list(request.query),
  )
}
