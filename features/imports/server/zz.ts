import { readRows, fullFormat } from './read-rows.ts'
for (const e of ['utf-8','gb18030','latin1']) {
const t0=performance.now(); let n=0
for await (const r of readRows('/tmp/zkimp/big.csv', fullFormat({delimiter:';',encoding:e as 'utf-8'}))) n+=r.records.length
console.log(e,n, n/(performance.now()-t0)*1000|0)}
const t0=performance.now(); let n=0
for await (const r of readRows('/work/shared/data/berka/order.csv', fullFormat({delimiter:';'}))) n+=r.records.length
console.log('order',n, n/(performance.now()-t0)*1000|0)
