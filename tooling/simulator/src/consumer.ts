import type { BusStream, NoticeListener, Payload } from "@luxbus/client"
import { BROKER_LIMITS } from "@luxbus/packet"
import type { MemberRecord } from "./channel-member.ts"
import { LaneCheck } from "./lane-check.ts"
import { readLane } from "./read-lane.ts"
import { isValueOf, type RequestRecord, type RequestRun } from "./request-record.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"
import { writeLane } from "./write-lane.ts"

interface AskParts {
  readonly record: RequestRecord
  /** All of the channel. */
  readonly members: readonly MemberRecord[]
  readonly requests: readonly RequestRecord[]
}

/** Whether this member is one that the request may go to: nobody asks itself. */
export function mayAnswer({ plan }: MemberRecord, record: RequestRecord): boolean {
  const { client, to = plan.client } = record.plan
  return plan.role === "provider" && plan.client === to && plan.client !== client
}

/** Whether some provider may rest: which ones the broker counts the time-outs of nobody else knows. */
function mayRest(requests: readonly RequestRecord[]): boolean {
  return (
    requests.filter(({ result }) => result === "timeout" || result === "indeterminate").length >=
    BROKER_LIMITS.providerTimeouts
  )
}

/** Asks as planned, and notes how it ended. */
export async function askChannel(world: World, { record, members, requests }: AskParts, task: Task): Promise<void> {
  const { plan, name } = record
  await task.clock.sleep(plan.atMs)
  const { time, trace } = world
  record.startedAtMs = time.now()
  record.startedGeneration = world.generation
  task.at("asking")
  trace.note(`${name}: asks ${plan.to ?? "anybody"}, a ${plan.form}`)
  const consumer = members.find(({ plan: { client, role } }) => client === plan.client && role === "consumer")
  const channel = plan.form === "stream" ? consumer?.channel : undefined
  if (plan.form === "stream" && (channel === undefined || channel.closed)) {
    trace.note(`${name}: is not in the channel`)
    return
  }
  try {
    if (channel === undefined) await askValue(world, record, task)
    else {
      const { to, waitForProviderMs } = plan
      const options = { waitForProviderMs, headers: { request: name }, onNotice: noteOpen(world, record) }
      await askStream(world, record, channel.open({ ...options, ...(to !== undefined && { to }) }), task)
    }
    record.result = "reply"
  } catch (error) {
    record.result = codeOf(error)
    record.details = (error as { details?: RequestRecord["details"] }).details ?? {}
  }
  record.endedAtMs = time.now()
  record.wasThereOne = members.some(
    (member) => mayAnswer(member, record) && member.isSolidSince(record.startedAtMs, world) && !mayRest(requests),
  )
  trace.note(`${name}: ${record.result} of ${record.from ?? "nobody"} ${JSON.stringify(record.details)}`)
}

function noteOpen(world: World, record: RequestRecord): NoticeListener {
  return ({ type }) => {
    if (type !== "open" || record.openGeneration !== undefined) return
    record.openGeneration = world.generation
    world.trace.note(`${record.name}: somebody has taken it`)
  }
}

async function askValue(world: World, record: RequestRecord, task: Task): Promise<void> {
  const { plan, main, channel, name } = record
  const { bus } = world.participant(plan.client)
  const giveUp = new AbortController()
  void afterPatience(record, task, () => giveUp.abort())
  const { value, from } = await bus.request(channel, plan.text ? main.text(plan.bytes) : main.bytes(plan.bytes), {
    timeoutMs: plan.timeoutMs,
    waitForProviderMs: plan.waitForProviderMs,
    headers: { request: name },
    signal: giveUp.signal,
    onNotice: noteOpen(world, record),
    ...(plan.to !== undefined && { to: plan.to }),
  })
  record.from = from
  const isWritten = record.runs.some(
    ({ provider, isAnswered, main }) => provider.plan.client === from && isAnswered && isValueOf(main, value),
  )
  world.findings.check(isWritten, () => `${name} got a reply of ${from} that ${from} has not written`)
}

/** It gives up after some time. */
async function afterPatience(record: RequestRecord, task: Task, giveUp: () => void): Promise<void> {
  const { givesUpAfterMs } = record.plan
  if (givesUpAfterMs === Number.POSITIVE_INFINITY) return
  await task.clock.sleep(givesUpAfterMs)
  if (record.result !== undefined) return
  record.hasGivenUp = true
  giveUp()
}

async function askStream(world: World, record: RequestRecord, stream: BusStream, task: Task): Promise<void> {
  const { plan, name } = record
  world.writing.add(stream)
  void afterPatience(record, task, () => void stream.close())
  stream.opened.catch(() => {})
  const dice = world.dice.fork(`asks ${name}`)
  const write = (lane: "main" | "error", messages: number, maxBytes: number) =>
    writeLane(
      { lane: stream[lane], ledger: record[lane], dice: dice.fork(lane), task, goesOn: () => !stream.signal.aborted },
      { messages, minBytes: 16, maxBytes, pauseMs: 0, text: true },
    )
  // Its end is complete only where the provider takes all of it; an answer may come without that.
  const writing = Promise.all([write("main", plan.messages, plan.bytes), write("error", plan.errorMessages, 256)])
    .then(() => stream.end())
    .catch(() => {})
  const answer = new Answer(world, record, stream)
  const [main, error] = await Promise.all([answer.read("main", task), answer.read("error", task)])
  task.at("awaiting the outcome")
  const outcome = await stream.outcome
  await writing
  record.from = stream.peer
  if (outcome.status !== "done")
    throw Object.assign(new Error(outcome.message), { code: outcome.code ?? outcome.status })
  // Who gave up as the answer came has let go of it.
  if (!record.hasGivenUp) answer.judge({ main, error })
}

/** The answer of whichever provider, read lane by lane. */
class Answer {
  readonly #world: World
  readonly #record: RequestRecord
  readonly #stream: BusStream
  #run: RequestRun | undefined
  readonly #checks: { main?: LaneCheck; error?: LaneCheck } = {}

  constructor(world: World, record: RequestRecord, stream: BusStream) {
    this.#world = world
    this.#record = record
    this.#stream = stream
  }

  /** @returns how the lane ended */
  async read(name: "main" | "error", task: Task): Promise<string> {
    const lane = this.#stream[name]
    let first: Payload | undefined
    try {
      first = await lane.next()
    } catch (error) {
      return codeOf(error)
    }
    const run = this.#runNow()
    if (run === undefined) return "nobody"
    const check = new LaneCheck(run[name], this.#record.name, this.#world.findings)
    this.#checks[name] = check
    if (first === undefined) {
      check.end()
      return "end"
    }
    check.payload(first)
    const { dice } = this.#world
    return readLane({ lane, check, task, dice: dice.fork(this.#record.name), pauseMs: 0 })
  }

  /** It ended well: everything has come. */
  judge(ends: { readonly main: string; readonly error: string }): void {
    const { findings } = this.#world
    const { name } = this.#record
    for (const lane of ["main", "error"] as const) {
      const check = this.#checks[lane]
      findings.check(ends[lane] === "end", () => `${name} was answered, and ${lane} ended with ${ends[lane]}`)
      findings.check(check?.whole ?? false, () => `${name} was answered, and has ${lane} at ${check?.next}`)
    }
    findings.check(this.#run?.isAnswered ?? false, () => `${name} was answered, and nobody has answered it`)
  }

  #runNow(): RequestRun | undefined {
    this.#run ??= this.#record.runs.findLast(({ provider }) => provider.plan.client === this.#stream.peer)
    return this.#run
  }
}
