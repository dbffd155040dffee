import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { findFreePort } from '#platform/server/clickhouse/clickhouse-server-testing.ts'

/** A running test broker; `kill` is kill -9, `start` starts it again on its data. */
export type TestKafka = {
  brokers: string
  pid(): number
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const version = /<version>([\d.]{3,})<\/version>\s*<\/dependency>/.exec(
  readFileSync(join(import.meta.dirname, 'pom.xml'), 'utf8'),
)?.[1]
const jarDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'zhike', `kafka-${version}`)

/** Why no broker can start on this machine; undefined when one can. */
export function findKafkaObstacle(): string | undefined {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' })
  } catch {
    return 'java is missing: apt-get install openjdk-17-jre-headless'
  }
  return existsSync(join(jarDir, 'complete'))
    ? undefined
    : `no broker in ${jarDir}: run platform/server/kafka/fetch-kafka.sh`
}

// Started fast and kept small: no second compiler, one collector of garbage.
const java = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jarDir}/*`]

const properties = (dir: string, port: number, controllerPort: number, extra: string) => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${join(dir, 'log')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
log.flush.interval.messages=1
num.network.threads=2
num.io.threads=2
${extra}
`

async function isReady(brokers: string): Promise<boolean> {
  const admin = new Admin({
    ...{ clientId: 'test', bootstrapBrokers: [brokers], retries: 0, connectTimeout: 1000, timeout: 1000 },
  })
  try {
    await admin.listTopics()
    return true
  } catch {
    return false
  } finally {
    await admin.close().catch(() => {})
  }
}

/** Starts a real Apache Kafka broker (KRaft, one node) that ends when this process does. */
export async function startTestKafka(options: { dir: string; properties?: string }): Promise<TestKafka> {
  mkdirSync(options.dir, { recursive: true })
  const [port, controllerPort] = [await findFreePort(), await findFreePort()]
  const file = join(options.dir, 'server.properties')
  writeFileSync(file, properties(options.dir, port, controllerPort, options.properties ?? ''))
  execFileSync(
    'java',
    [...java, 'kafka.tools.StorageTool', 'format', '-t', 'emhpa2UtdGVzdC1jbHVzdA', '-c', file],
    {
      stdio: 'ignore',
    },
  )
  let child: ChildProcess | undefined
  const brokers = `127.0.0.1:${port}`
  const end = () => void child?.kill('SIGKILL')
  process.on('exit', end)

  async function start(): Promise<void> {
    let output = ''
    const started = spawn('java', [...java, 'kafka.Kafka', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    }
    started.stdout.on('data', read)
    started.stderr.on('data', read)
    const deadline = Date.now() + 60_000
    while (!(await isReady(brokers))) {
      if (started.exitCode !== null)
        throw new Error(`the test broker ended with ${started.exitCode}: ${output}`)
      if (Date.now() > deadline) throw new Error(`the test broker did not answer within 60 s: ${output}`)
      await new Promise((again) => setTimeout(again, 50))
    }
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    // A stopped process must run again to die.
    child.kill('SIGCONT')
    await exited
  }
  await start()
  return {
    brokers,
    pid: () => child?.pid ?? 0,
    kill,
    start,
    async stop() {
      process.off('exit', end)
      await kill()
    },
  }
}
