import { identityKindOf, identityKinds } from '#features/customers/common/mask.ts'
import type { Format, Mapping, Step } from '#features/imports/common/mapping.ts'
import { compileDateFormat } from '#features/imports/common/parse-date.ts'
import {
  expressionsOf,
  type NamedValues,
  namedValue,
  namesUsed,
} from '#features/imports/common/step-expressions.ts'
import type { FieldError } from '#platform/common/errors.ts'

/** Authentication data (C3) by the name it would be stored under, whatever its separators. */
const authenticationName =
  /^(?:(?:login|pay|trade|transaction|query|dynamic|onetime)?(?:password|passwd|pwd)|passphrase|(?:card)?pin(?:code|block)?|cv[vcn]2?|securitycode|track[123]?(?:data)?|magstripe|chipdata|otp(?:code)?|onetimecode|(?:sms|verify|verification|dynamic|captcha)code|fingerprintdata|facedata|privatekey|secretkey|(?:登录|支付|交易|查询)?密码|(?:短信)?验证码|动态口令)$/

const anyNumber = '123456789'
const plainName = (name: string): string => name.toLowerCase().replace(/[\s_.-]/g, '')

const error = (path: string, code: string, message: string): FieldError => ({ path, code, message })

/**
 * `example` is a value as it might come: an attribute called "card" is an identifier only when it holds a number, and
 * customers put such values aside themselves.
 */
function checkNames(names: readonly string[], path: string, example: string): FieldError[] {
  return names.flatMap((name) => {
    if (authenticationName.test(plainName(name)))
      return [error(`${path}.${name}`, 'AUTHENTICATION_DATA', 'authentication data is never taken')]
    if (identityKindOf(name, example) !== undefined)
      return [
        error(
          `${path}.${name}`,
          'DIRECT_IDENTIFIER',
          'direct identifiers belong to "identities" of customers',
        ),
      ]
    return []
  })
}

function checkStep(step: Step, path: string, campaigns: ReadonlySet<string>): FieldError[] {
  switch (step.into) {
    case 'customers': {
      const kinds = Object.keys(step.identities ?? {})
      const wrong = kinds.filter((kind) => !(identityKinds as readonly string[]).includes(kind))
      return [
        ...checkNames(Object.keys(step.attributes ?? {}), `${path}.attributes`, ''),
        ...wrong.map((kind) =>
          error(`${path}.identities.${kind}`, 'IDENTITY_KIND', `must be one of ${identityKinds.join(', ')}`),
        ),
      ]
    }
    case 'attributes':
      return checkNames(Object.keys(step.attributes), `${path}.attributes`, '')
    case 'holdings':
      return checkNames(Object.keys(step.attributes ?? {}), `${path}.attributes`, anyNumber)
    case 'events':
      return checkNames(Object.keys(step.properties ?? {}), `${path}.properties`, anyNumber)
    case 'campaignMembers':
      return campaigns.has(step.campaign)
        ? []
        : [
            error(
              `${path}.campaign`,
              'CAMPAIGN_UNKNOWN',
              'must be the key of one of the "campaigns" of this mapping',
            ),
          ]
    default:
      return []
  }
}

const checkFormat = (format: Format | undefined, path: string): FieldError[] =>
  (format?.dateFormats ?? []).flatMap((text, index) =>
    compileDateFormat(text)
      ? []
      : [error(`${path}.dateFormats[${index}]`, 'DATE_FORMAT', 'must name year, month and day')],
  )

/** Names that are none of the values, and values that lead back to themselves. */
function checkNamedValues(mapping: Mapping, values: NamedValues): FieldError[] {
  const missing = (path: string, names: readonly string[]) =>
    names
      .filter((name) => namedValue(values, name) === undefined)
      .map((name) => error(path, 'VALUE_UNKNOWN', `"${name}" is none of the "values" of this mapping`))
  const leadsTo = (name: string, seen: ReadonlySet<string>): boolean => {
    const expression = namedValue(values, name)
    if (expression === undefined) return false
    return namesUsed(expression, values).some(
      (next) => seen.has(next) || leadsTo(next, new Set([...seen, next])),
    )
  }
  return [
    ...Object.entries(values).flatMap(([name, expression]) => [
      ...missing(`values.${name}`, namesUsed(expression, values)),
      ...(leadsTo(name, new Set([name]))
        ? [error(`values.${name}`, 'VALUE_LOOP', 'leads back to itself')]
        : []),
    ]),
    ...mapping.files.flatMap((file, nth) =>
      file.steps.flatMap((step, stepNth) =>
        expressionsOf(step).flatMap(([field, expression]) =>
          missing(`files[${nth}].steps[${stepNth}].${field}`, namesUsed(expression, values)),
        ),
      ),
    ),
  ]
}

/** What a schema cannot say: names that are never stored, campaigns and formats that do not exist. */
export function checkMapping(mapping: Mapping): FieldError[] {
  const keys = (mapping.campaigns ?? []).map((campaign) => campaign.key)
  const campaigns = new Set(keys)
  return [
    ...checkFormat(mapping.format, 'format'),
    ...checkNamedValues(mapping, mapping.values ?? {}),
    ...(campaigns.size < keys.length
      ? [error('campaigns', 'CAMPAIGN_TWICE', 'two campaigns have the same key')]
      : []),
    ...mapping.files.flatMap((file, nth) => [
      ...checkFormat(file.format, `files[${nth}].format`),
      ...file.steps.flatMap((step, stepNth) => checkStep(step, `files[${nth}].steps[${stepNth}]`, campaigns)),
    ]),
  ]
}
