import { z } from 'zod'
import { Key, PageQuery, pageOf } from '#platform/common/http.ts'

const storable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text)
const Text = (longest: number) =>
  z.string().max(longest).refine(storable, 'holds characters that cannot be stored')
const Named = (longest: number) => Text(longest).min(1)

export const modelKinds = ['linear', 'logistic', 'onnx'] as const
export const modelStates = ['draft', 'approved', 'retired'] as const

/**
 * One number a model looks at: of a number tag its value, of a bool 1 or 0, with `equals` 1 where the tag's value is that
 * text, else 0. `missing` counts where the customer has no value; 0 unless said.
 */
export const ModelInput = z.strictObject({
  tag: z.string().min(1).max(64),
  missing: z.number().optional(),
  equals: Named(200).optional(),
})
export type ModelInput = z.infer<typeof ModelInput>

const Weighted = ModelInput.extend({ weight: z.number() })

const weights = { intercept: z.number().optional(), terms: z.array(Weighted).min(1).max(500) }

/** Of `linear` the sum of intercept and weighted inputs; of `logistic` 1 / (1 + exp(−that sum)). */
const WeightsDefinition = z.strictObject(weights)
/** An ONNX graph with one input of shape [customers, inputs] and a number per customer in one of its outputs. */
const OnnxDefinition = z.strictObject({
  inputs: z.array(ModelInput).min(1).max(500),
  /** The first output unless named; of several columns this one, counted from 0. */
  output: z
    .strictObject({ name: Named(200).optional(), index: z.number().int().min(0).max(10_000).optional() })
    .optional(),
})
export const ModelDefinition = z.union([WeightsDefinition, OnnxDefinition])
export type ModelDefinition = z.infer<typeof ModelDefinition>
export type WeightsDefinition = z.infer<typeof WeightsDefinition>
export type OnnxDefinition = z.infer<typeof OnnxDefinition>

const version = {
  name: Named(200),
  kind: z.enum(modelKinds),
  /** Who answers for it. */
  owner: Named(200),
  /** What it may be used for. */
  purpose: Named(2000),
  /** How good it is, on what data, in the words of its makers. */
  metrics: Text(10_000).default(''),
  definition: ModelDefinition,
}

function checkKind(
  { kind, definition }: { kind: (typeof modelKinds)[number]; definition: ModelDefinition },
  context: z.RefinementCtx,
): void {
  const fits = kind === 'onnx' ? 'inputs' in definition : 'terms' in definition
  if (fits) return
  const message = kind === 'onnx' ? 'an onnx model has inputs' : `a ${kind} model has terms`
  context.addIssue({ code: 'custom', path: ['definition'], message })
}

/** POST /api/models (model.write) → 201: version 1, a draft. */
export const CreateModel = z.strictObject({ key: Key, ...version }).superRefine(checkKind)
export type CreateModel = z.infer<typeof CreateModel>
/** POST /api/models/{key}/versions (model.write) → 201: the next version, a draft. */
export const NewModelVersion = z.strictObject(version).superRefine(checkKind)
export type NewModelVersion = z.infer<typeof NewModelVersion>

export const Model = z
  .object({
    key: z.string(),
    version: z.number().int(),
    name: z.string(),
    kind: z.enum(modelKinds),
    owner: z.string(),
    purpose: z.string(),
    metrics: z.string(),
    state: z.enum(modelStates),
    definition: ModelDefinition,
    /** Of an ONNX model's file. */
    sha256: z.string().nullable(),
    fileName: z.string().nullable(),
    fileBytes: z.number().int().nullable(),
    createdBy: z.string(),
    createdAt: z.string(),
    approvedBy: z.string().nullable(),
    approvedAt: z.string().nullable(),
    retiredBy: z.string().nullable(),
    retiredAt: z.string().nullable(),
  })
  .meta({ id: 'Model' })
export type Model = z.infer<typeof Model>

export const ModelKey = z.object({ key: z.string().max(64).refine(storable) })
export const ModelVersionKey = ModelKey.extend({
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
})
/** GET /api/models (model.read): of each model the version that scores, else the newest. */
export const ModelQuery = PageQuery
export const ModelPage = pageOf(Model)
/** GET /api/models/{key}/versions (model.read) */
export const ModelVersions = z.object({ items: z.array(Model) })
/** PUT /api/models/{key}/versions/{version}/file?name=… (model.write): the ONNX file as it is, application/octet-stream. */
export const ModelFileQuery = z.object({ name: Text(200).default('') })
export const mostModelBytes = 50 * 1024 * 1024
/** POST …/approve (approval.decide) and …/retire (model.write) */
export const ModelUses = z.object({
  items: z.array(z.object({ type: z.string(), key: z.string(), name: z.string() })),
})
