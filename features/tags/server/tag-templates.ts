import type { Audit } from '#features/audit/server/index.ts'
import { CreateTag, type Tag } from '#features/tags/common/tag.ts'
import type { TagTemplate, UseTemplate } from '#features/tags/common/tag-catalogue.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import { namedIn } from '#features/tags/server/named-in.ts'
import type { TagCatalogue } from '#features/tags/server/tag-catalogue.ts'
import type { TagDirectoriesPart } from '#features/tags/server/tag-directories.ts'
import { folderNames, type Template, templates } from '#features/tags/server/templates/index.ts'
import type { Caller } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Templates this one names as tags. */
const needsOf = (template: Template): string[] =>
  [...namedIn(template.source).tags].filter((key) => key !== template.key)

const nameOf = (key: string): Tag['name'] => folderNames[key] ?? { zh: key, en: key }

/** Tags every retail bank has, ready to be made here, as they are or adjusted. */
export function createTagTemplates(deps: {
  pg: Postgres
  audit: Audit
  catalogue: TagCatalogue
  directories: TagDirectoriesPart
}) {
  const { pg, catalogue, directories } = deps

  async function usedBy(): Promise<Map<string, string>> {
    const rows = await pg.query<{ template: string; key: string }>(sql`
      SELECT t.template, min(t.key) AS key FROM tag AS t
      WHERE t.template IS NOT NULL AND t.state <> 'retired' GROUP BY t.template`)
    return new Map(rows.map((row) => [row.template, row.key]))
  }

  const inputOf = (template: Template, adjusted: UseTemplate): CreateTag =>
    CreateTag.parse({
      key: adjusted.key ?? template.key,
      name: adjusted.name ?? template.name,
      type: template.type,
      source: adjusted.source ?? template.source,
      class: adjusted.class ?? template.class,
      unit: adjusted.unit ?? template.unit,
      description: template.description.zh,
      directory: template.directory,
      template: template.key,
      refreshEveryMinutes: adjusted.refreshEveryMinutes === undefined ? 1440 : adjusted.refreshEveryMinutes,
    })

  return {
    async list(): Promise<{ items: TagTemplate[] }> {
      const used = await usedBy()
      return {
        items: templates.map((template) => ({
          ...template,
          directory: [...template.directory],
          needs: needsOf(template),
          usedAs: used.get(template.key) ?? null,
        })),
      }
    },

    /** Makes the tag of a template, and the folders it lies in. */
    async use(caller: Caller, key: string, adjusted: UseTemplate): Promise<Tag> {
      const template = templates.find((one) => one.key === key)
      if (!template) throw tagError('TAG_TEMPLATE_NOT_FOUND', { key })
      const input = inputOf(template, adjusted)
      return pg.transaction(async (tx) => {
        const needed = [...namedIn(input.source).tags]
        const known = await tx.query<{ key: string }>(
          sql`SELECT t.key FROM tag AS t WHERE t.key = ANY(${needed}::text[]) AND t.state = 'active'`,
        )
        const missing = needed.filter((one) => !known.some((row) => row.key === one))
        if (missing.length > 0) throw tagError('TAG_TEMPLATE_NEEDS', { key, needs: missing.join(', ') })
        await directories.ensure(tx, template.directory, nameOf)
        return catalogue.describe(await catalogue.createIn(tx, caller, input), tx)
      })
    },
  }
}
