import { FunctionOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** Pages of the model registry. */
export const models: WebFeature = {
  routes: [
    {
      path: '/models',
      permission: 'model.read',
      load: async () => (await import('./ModelsPage.tsx')).ModelsPage,
    },
    {
      path: '/models/:key',
      permission: 'model.read',
      load: async () => (await import('./ModelPage.tsx')).ModelPage,
    },
  ],
  menu: [
    {
      centre: 'governance',
      path: '/models',
      label: ['模型', 'Models'],
      icon: FunctionOutlined,
      permission: 'model.read',
      keywords: 'mx moxing onnx ai',
    },
  ],
  errors: {
    MODEL_NOT_FOUND: ['没有这个模型。', 'There is no such model.'],
    MODEL_VERSION_NOT_FOUND: ['没有这个版本。', 'There is no such version.'],
    MODEL_KEY_TAKEN: ['这个编码已被其他模型使用，请换一个。', 'Another model has this key; choose another.'],
    MODEL_NOT_DRAFT: ['只有草稿可以修改或批准。', 'Only a draft can be changed or approved.'],
    MODEL_NOT_APPROVED: ['只有已批准的版本可以退役。', 'Only an approved version can be retired.'],
    MODEL_OWN_APPROVAL: [
      '登记人不能批准自己的版本，请由他人批准。',
      'Whoever registered a version does not approve it.',
    ],
    MODEL_FILE_MISSING: ['请先上传 ONNX 文件。', 'Upload the ONNX file first.'],
    MODEL_FILE_NOT_TAKEN: ['只有 ONNX 模型需要文件。', 'Only an ONNX model has a file.'],
    MODEL_FILE_EMPTY: ['文件是空的。', 'The file is empty.'],
    MODEL_FILE_BROKEN: [
      '文件不是可用的 ONNX 模型，或与定义不符。',
      'The file is no ONNX model that fits the definition.',
    ],
    MODEL_IN_USE: ['还有标签在使用这个模型，不能退役。', 'Tags still use the model.'],
    MODEL_RUN_FAILED: ['模型打分失败。', 'The model could not score.'],
  },
}
