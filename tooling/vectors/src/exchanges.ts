import type { Bus } from "@luxbus/client"
import { holeAndRepair } from "./hole-and-repair.ts"
import { Recorder } from "./recorder.ts"
import type { Exchange } from "./vector.ts"

/** Silence after which either side pings, in ms. */
const PING_AFTER_MS = 25_000

/** At most this long a client waits before its first attempt to come back, in ms. */
const FIRST_PAUSE_MS = 250

/** What a real broker and real clients say to each other; and one exchange by hand, which needs a megabyte to happen. */
export async function exchanges(): Promise<readonly Exchange[]> {
  return [
    await recorded("handshake", "HELLO and WELCOME, a command and its answer, a ping after silence.", handshake),
    await recorded("hosted stream", "clientA writes both lanes and ends with an error; clientB watches.", hosted),
    await recorded("relayed stream", "clientA opens a stream to clientB; both write, both end.", relayed),
    await recorded("publish and subscribe", "Two publish on a subject to which clientC has subscribed.", published),
    await recorded("resume", "First the viewer's connection is cut, then the writer's; both go on.", resumed),
    await recorded("cancel", "clientB asks the writer of a hosted stream to stop, and it does.", cancelled),
    await recorded(
      "resume of a relayed stream",
      "The reader's connection is cut; the writer announces again.",
      resumedCall,
    ),
    await recorded("absent peer", "clientA opens a stream to clientB, which comes later.", awaited),
    await recorded("restarted broker", "The broker goes away; the next one knows nothing of the stream.", restarted),
    await recorded(
      "fenced claim",
      "clientB wants to write what clientA writes, and then to read what nobody does.",
      fenced,
    ),
    await recorded("refused stream", "clientB accepts a stream of clientA and closes it unread.", refused),
    await recorded("refused client", "Another session asks for an id that is taken.", idTaken),
    await recorded(
      "replaced client",
      "A newer session of the same principal takes the place of the old one.",
      replaced,
      {
        authenticate: () => ({ id: "clientA" }),
      },
    ),
    await recorded("attach with a gap", "The ring has let go of what a late reader asks for.", late, {
      ringBytes: 1_000,
    }),
    holeAndRepair(),
  ]
}

async function recorded(
  name: string,
  about: string,
  play: (recorder: Recorder) => Promise<void>,
  options?: ConstructorParameters<typeof Recorder>[0],
): Promise<Exchange> {
  const recorder = new Recorder(options)
  await play(recorder)
  return { name, about, messages: await recorder.stop() }
}

/** Waits for what cannot happen before everybody has had a turn. */
async function after<T>(recorder: Recorder, promise: Promise<T>): Promise<T> {
  // Whoever awaits it does so later.
  promise.catch(() => {})
  await recorder.settle()
  return promise
}

const open = (recorder: Recorder, bus: Bus, name: string, options = {}) => after(recorder, bus.open(name, options))

async function handshake(recorder: Recorder): Promise<void> {
  const bus = await recorder.connect("clientA")
  await after(recorder, bus.list())
  await recorder.pass(PING_AFTER_MS)
}

async function hosted(recorder: Recorder): Promise<void> {
  const job = await open(recorder, await recorder.connect("clientA"), "job.42", { headers: { command: ["make"] } })
  await job.main.write("compiling…\n")
  const viewer = await recorder.connect("clientB")
  const seen = viewer.attach("job.42")
  const texts = Promise.all([seen.main.text(), seen.error.text()])
  await recorder.settle()
  await job.error.write("warning: unused variable\n")
  await job.main.write(new Uint8Array([0, 255]))
  await after(recorder, job.fail({ code: "exit", message: "make failed", exitCode: 2 }))
  await texts
}

async function relayed(recorder: Recorder): Promise<void> {
  const [clientA, clientB] = [await recorder.connect("clientA"), await recorder.connect("clientB")]
  const calls = clientB.accept("talk")[Symbol.asyncIterator]()
  const opening = clientA.open("talk", { to: "clientB" })
  await recorder.settle()
  const [talk, call] = [await opening, (await calls.next()).value]
  if (call === undefined) throw new Error("nobody called")
  const heard = Promise.all([call.main.text(), talk.main.text()])
  await talk.main.write("hello")
  await recorder.settle()
  await call.main.write("hello, too")
  await call.error.write("and mind the step")
  await recorder.settle()
  await after(recorder, Promise.all([talk.end(), call.end(), heard, talk.error.text()]))
}

async function published(recorder: Recorder): Promise<void> {
  const publishers = [await recorder.connect("clientA"), await recorder.connect("clientB")]
  const reading = (await recorder.connect("clientC")).subscribe("task.42")[Symbol.asyncIterator]()
  await recorder.settle()
  const next = [reading.next(), reading.next(), reading.next()]
  for (const [i, bus] of publishers.entries()) await after(recorder, bus.publish("task.42", { done: 0.5 * (i + 1) }))
  await after(recorder, publishers[0]!.publish("task.42", { done: 1 }))
  await Promise.all(next)
}

async function resumed(recorder: Recorder): Promise<void> {
  const job = await open(recorder, await recorder.connect("clientA"), "job.42")
  const seen = (await recorder.connect("clientB")).attach("job.42")
  const text = seen.main.text()
  await recorder.settle()
  await job.main.write("before")
  await recorder.settle()
  await recorder.cut("clientB")
  await job.main.write("while the viewer is away")
  await recorder.pass(FIRST_PAUSE_MS)
  await recorder.cut("clientA")
  await job.main.write("while the writer is away")
  await recorder.pass(FIRST_PAUSE_MS)
  await after(recorder, job.end())
  await text
}

async function cancelled(recorder: Recorder): Promise<void> {
  const job = await open(recorder, await recorder.connect("clientA"), "job.42")
  job.signal.addEventListener("abort", () => void job.fail({ status: "cancelled", reason: "superseded" } as never))
  const viewer = await recorder.connect("clientB")
  await job.main.write("endless")
  await recorder.settle()
  await after(recorder, viewer.cancel("job.42", "superseded"))
}

async function late(recorder: Recorder): Promise<void> {
  const job = await open(recorder, await recorder.connect("clientA"), "job.42")
  for (let line = 1; line <= 12; line++) {
    await job.main.write(`line ${line} of twelve\n`)
    await recorder.settle()
  }
  const seen = (await recorder.connect("clientB")).attach("job.42", { onNotice: () => {} })
  const text = seen.main.text()
  await recorder.settle()
  await after(recorder, job.end())
  await text
}

async function resumedCall(recorder: Recorder): Promise<void> {
  const [clientA, clientB] = [await recorder.connect("clientA"), await recorder.connect("clientB")]
  const calls = clientB.accept("talk")[Symbol.asyncIterator]()
  const talk = await open(recorder, clientA, "talk", { to: "clientB" })
  const { value: call } = await calls.next()
  void talk.main.text().catch(() => {})
  await talk.main.write("before")
  await recorder.settle()
  await recorder.cut("clientB")
  await talk.main.write("meanwhile")
  await recorder.pass(FIRST_PAUSE_MS)
  await after(recorder, call!.main.read())
}

async function awaited(recorder: Recorder): Promise<void> {
  const clientA = await recorder.connect("clientA")
  const opening = clientA.open("talk", { to: "clientB" })
  await recorder.settle()
  const clientB = await recorder.connect("clientB")
  clientB.accept("talk")
  await after(recorder, opening)
}

async function restarted(recorder: Recorder): Promise<void> {
  const job = await open(recorder, await recorder.connect("clientA"), "job.42")
  await job.main.write("before")
  await recorder.settle()
  await recorder.restart()
  await job.main.write("after")
  await recorder.settle()
}

async function fenced(recorder: Recorder): Promise<void> {
  await open(recorder, await recorder.connect("clientA"), "job.42")
  const clientB = await recorder.connect("clientB")
  await after(recorder, clientB.open("job.42")).catch(() => {})
  const { outcome, opened } = clientB.attach("job.43")
  outcome.catch(() => {})
  await after(recorder, opened).catch(() => {})
}

async function refused(recorder: Recorder): Promise<void> {
  const [clientA, clientB] = [await recorder.connect("clientA"), await recorder.connect("clientB")]
  const calls = clientB.accept("talk")[Symbol.asyncIterator]()
  await open(recorder, clientA, "talk", { to: "clientB" })
  const { value: call } = await calls.next()
  await after(recorder, call!.close())
}

async function idTaken(recorder: Recorder): Promise<void> {
  await recorder.connect("clientA")
  await recorder.connect("clientA", "another")
}

async function replaced(recorder: Recorder): Promise<void> {
  await recorder.connect("clientA", "older")
  await recorder.connect("clientA", "newer")
}
