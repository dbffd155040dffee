import { z } from 'zod'
import { Mapping } from '#features/imports/common/mapping.ts'

/** The mapping as JSON schema, for editors; `docs/import-mapping.schema.json` is this. */
export const importMappingSchema = (): unknown => z.toJSONSchema(Mapping, { io: 'input' })
