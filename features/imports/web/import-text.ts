import { defineText } from '#platform/web/text.ts'

export const importText = defineText({
  imports: ['导入', 'Imports'],
  importsHint: [
    '用命令行导入的文件：npx zhike import <映射> <文件…>。拒收的行另存为文件，逐行写明原因。',
    'Files imported on the command line: npx zhike import <mapping> <files…>. Rejected rows are kept in a file with their reasons.',
  ],
  file: ['文件', 'File'],
  mapping: ['映射', 'Mapping'],
  state: ['状态', 'State'],
  running: ['进行中', 'Running'],
  done: ['已完成', 'Done'],
  rows: ['行数', 'Rows'],
  rowsHint: ['行数 = 导入 + 跳过 + 拒收', 'Rows = imported + skipped + rejected'],
  imported: ['导入', 'Imported'],
  skipped: ['跳过', 'Skipped'],
  skippedHint: ['映射中没有步骤需要的行', 'Rows that no step of the mapping wanted'],
  rejected: ['拒收', 'Rejected'],
  by: ['操作人', 'By'],
  at: ['开始', 'Started'],
  took: (seconds: string) => [`用时 ${seconds} 秒`, `took ${seconds} s`],
  empty: ['还没有导入过文件', 'Nothing imported yet'],
  emptyHint: [
    '例如：npx zhike import examples/berka/mapping.json data/*.csv',
    'For example: npx zhike import examples/berka/mapping.json data/*.csv',
  ],
})
