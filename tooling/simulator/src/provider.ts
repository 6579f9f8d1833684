import type { BusStream, Channel, ChannelRequest, Payload, RequestHandler } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { aborted, type MemberRecord } from "./channel-member.ts"
import { LaneCheck } from "./lane-check.ts"
import { readLane } from "./read-lane.ts"
import { isValueOf, type RequestRecord, type RequestRun } from "./request-record.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"
import { writeLane } from "./write-lane.ts"

/** What a provider fails with where that is planned. */
export const PLANNED_FAILURE = "unsupported"

/** A request that its application works on. */
interface Work {
  readonly record: RequestRecord
  readonly run: RequestRun
  readonly stream: BusStream
  readonly signal: AbortSignal
  readonly value: Payload | undefined
}

/** What a provider's application does with the requests of a channel. */
export class Provider {
  readonly #world: World
  readonly #member: MemberRecord
  readonly #requests: ReadonlyMap<string, RequestRecord>
  #busy = 0

  /** @param requests by their names */
  constructor(world: World, member: MemberRecord, requests: ReadonlyMap<string, RequestRecord>) {
    this.#world = world
    this.#member = member
    this.#requests = requests
  }

  /** As `Bus.serve` wants it. */
  readonly handler: RequestHandler = async (value, { headers, signal, stream, from }) => {
    const { record, run } = await this.#begin(headers["request"], from)
    return this.#work(run, (task) => this.#answer({ record, run, stream, signal, value }, task))
  }

  /** Takes requests one by one, as many at a time as planned. Resolves when the channel was left and all are answered. */
  async pull(channel: Channel): Promise<void> {
    const puller = async () => {
      for await (const request of channel.requests()) await this.#answerPulled(request)
    }
    await Promise.all(Array.from({ length: this.#member.plan.concurrency }, puller))
  }

  async #answerPulled(request: ChannelRequest): Promise<void> {
    try {
      const value = await request.value()
      const { record, run } = await this.#begin(request.headers["request"], request.from)
      const { stream, signal } = request
      await this.#work(run, async (task) => {
        const reply = await this.#answer({ record, run, stream, signal, value }, task)
        task.at("answering")
        await (reply === undefined ? request.end() : request.reply(reply))
        run.isComplete = true
      })
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      await request.fail(error).catch(() => {})
    }
  }

  /** The code of a killed process runs on until it awaits something: nothing that it does counts. */
  async #begin(name: unknown, from: string): Promise<{ readonly record: RequestRecord; readonly run: RequestRun }> {
    if (this.#member.participant.killed) await new Promise(() => {})
    const { findings, generation, time, trace } = this.#world
    const record = this.#requests.get(String(name))
    if (record === undefined) throw new Error(`nobody has asked ${name}`)
    const run = record.begin(this.#member, time.now(), generation)
    trace.note(`${run.name}: begins`)
    findings.check(from === record.plan.client, () => `${run.name} is said to be of ${from}`)
    if (!isAllowedAgain(record)) findings.add(`${run.name}, which ${record.runs.at(-2)?.provider.name} has had`)
    const isIn = this.#member.isIn || this.#member.isComing || this.#member.leftAtMs > record.startedAtMs
    findings.check(isIn, () => `${run.name}, which is not in the channel`)
    return { record, run }
  }

  async #work<T>(run: RequestRun, work: (task: Task) => Promise<T>): Promise<T> {
    const { findings, tasks, trace } = this.#world
    const { plan, participant } = this.#member
    this.#busy++
    findings.check(this.#busy <= plan.concurrency, () => `${run.name} is one of ${this.#busy} at a time`)
    let result: { readonly value: T } | { readonly error: unknown } | undefined
    await tasks.run(run.name, participant.clock, async (task) => {
      try {
        result = { value: await work(task) }
      } catch (error) {
        if (!(error instanceof BusError)) throw error
        trace.note(`${run.name}: ${codeOf(error)}`)
        result = { error }
      }
    })
    this.#busy--
    run.isOver = true
    if (result !== undefined && "value" in result) return result.value
    throw result?.error ?? new BusError("internal", "the simulator's handler failed")
  }

  async #answer(work: Work, task: Task): Promise<Payload | undefined> {
    const { record, run, signal, value } = work
    const { plan } = record
    if (plan.form === "value" && !isValueOf(record.main, value)) {
      this.#world.findings.add(`${run.name} was not handed what was asked`)
    }
    const rest = plan.form === "stream" ? this.#readRest(work) : undefined
    task.at("working")
    await Promise.race([task.clock.sleep(plan.workMs), aborted(signal)])
    if (plan.answer === "never") {
      task.at("waiting until nobody wants an answer")
      await aborted(signal)
    }
    signal.throwIfAborted()
    if (plan.answer === "fail") {
      run.hasFailed = true
      throw new BusError(PLANNED_FAILURE, "planned")
    }
    task.at("writing the answer")
    if (rest !== undefined) await Promise.all([rest, this.#writeAll(work, task)])
    run.isAnswered = true
    if (plan.form === "stream") return undefined
    return plan.text ? run.main.text(plan.replyBytes) : run.main.bytes(plan.replyBytes)
  }

  /** What follows the first message of main, and all of error: until the consumer ends, or gives up. */
  async #readRest({ record, run, stream, value }: Work): Promise<void> {
    const { findings, dice } = this.#world
    const main = new LaneCheck(record.main, run.name, findings)
    const error = new LaneCheck(record.error, run.name, findings)
    if (value !== undefined) main.payload(value)
    const { clock } = this.#member.participant
    const read = (name: "main" | "error", check: LaneCheck) =>
      this.#world.tasks.run(`${run.name}, reading ${name}`, clock, async (task) => {
        const end = await readLane({ lane: stream[name], check, task, dice: dice.fork(run.name), pauseMs: 0 })
        if (end === "end") findings.check(check.whole, () => `${run.name} has ${name} at ${check.next} at its end`)
      })
    await Promise.all([read("main", main), read("error", error)])
  }

  async #writeAll({ record, run, stream, signal }: Work, task: Task): Promise<void> {
    const { messages, errorMessages, replyBytes } = record.plan
    const dice = this.#world.dice.fork(`answers ${run.name}`)
    const write = (name: "main" | "error", messages: number, maxBytes: number) =>
      writeLane(
        { lane: stream[name], ledger: run[name], dice: dice.fork(name), task, goesOn: () => !signal.aborted },
        { messages, minBytes: 16, maxBytes, pauseMs: 0, text: true },
      )
    await Promise.all([write("main", messages, replyBytes), write("error", errorMessages, 256)])
    signal.throwIfAborted()
  }
}

/**
 * A request is given to one provider, once; but a broker that dies before the consumer has heard that somebody took it
 * has forgotten whom: the next one chooses anew. A provider may begin with what the dead one had given it after that.
 */
function isAllowedAgain({ runs, openGeneration, startedGeneration }: RequestRecord): boolean {
  const [before, run] = runs.slice(-2)
  if (before === undefined || run === undefined) return true
  if (startedGeneration < run.generation && (openGeneration ?? run.generation) > startedGeneration) return true
  const hadHeard = openGeneration !== undefined && openGeneration <= before.generation
  return run.generation > before.generation && !hadHeard
}
