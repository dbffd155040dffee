import { expect, test } from 'vitest'
import { isEdgeOnly, readConfig } from '#platform/server/config.ts'

test.each([
  [{ ZHIKE_ROLES: 'edge' }, /ZHIKE_EDGE_UPSTREAM: an edge process needs it/],
  [{ ZHIKE_ROLES: 'edge', DATABASE_URL: 'postgres://h/d' }, /DATABASE_URL: an edge process must not have it/],
  [{ ZHIKE_ROLES: 'edge,api' }, /edge stands alone/],
  [{ ZHIKE_ROLES: 'work' }, /DATABASE_URL: needed where one process has not all of the roles/],
  [{ ZHIKE_INTERNAL_PORT: '4601' }, /ZHIKE_INTERNAL_PORT: needs ZHIKE_TLS_CERT/],
  [{ KAFKA_BROKERS: 'kafka' }, /KAFKA_BROKERS: must be brokers like kafka-1:9092/],
])('roles and settings that do not fit together %j are said at once', (env, message) => {
  expect(() => readConfig(env)).toThrow(message)
})

test('an edge needs no more than its collect processes and a certificate; alone means without collect', () => {
  const tls = { ZHIKE_TLS_CERT: 'c', ZHIKE_TLS_KEY: 'k', ZHIKE_TLS_CA: 'a' }
  const config = readConfig({ ...tls, ZHIKE_ROLES: 'edge', ZHIKE_EDGE_UPSTREAM: 'https://a:1/, https://b:2' })
  expect(config.edgeUpstream).toEqual(['https://a:1', 'https://b:2'])
  expect(isEdgeOnly(config.roles)).toBe(true)
  expect(isEdgeOnly(readConfig({}).roles)).toBe(false)
})
