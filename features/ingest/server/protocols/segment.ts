import { isObject } from '#features/ingest/server/protocols/wire-message.ts'

/**
 * Segment's messages are the wire format. Only the traits that some clients put into the context of an identify are
 * lifted; all others are handed on as they are, without a copy.
 */
export function normaliseSegmentWire(message: unknown): unknown {
  if (!isObject(message) || message.type !== 'identify' || isObject(message.traits)) return message
  if (!isObject(message.context) || !isObject(message.context.traits)) return message
  const { traits, ...context } = message.context
  return { ...message, traits, context }
}

/** What the browser client asks for before it sends: only this one destination, ours, and no metrics to anyone. */
export function segmentSettings(writeKey: string, endpoint: { host: string; protocol: string }): object {
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${endpoint.host}/v1`,
        protocol: endpoint.protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: { track: { __default: { enabled: true, integrations: {} } }, identify: {}, group: {} },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  }
}
