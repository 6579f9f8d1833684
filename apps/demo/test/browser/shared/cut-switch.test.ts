import { expect, test } from "vitest"
import { CutSwitch, type Socket } from "../../../src/browser/shared/cut-switch.ts"

class FakeSocket implements Socket {
  static readonly made: FakeSocket[] = []
  binaryType = "blob"
  readonly protocol = "luxbus.v1.bin"
  readonly bufferedAmount = 7
  readonly sent: unknown[] = []
  closes = 0
  readonly #listeners = new Map<string, (event: object) => void>()

  constructor() {
    FakeSocket.made.push(this)
  }

  send(data: unknown): void {
    this.sent.push(data)
  }

  close(): void {
    this.closes++
  }

  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, listener)
  }

  emit(type: string, event: object = {}): void {
    this.#listeners.get(type)?.(event)
  }
}

function open(cuts: CutSwitch): { socket: Socket; heard: string[] } {
  const heard: string[] = []
  const socket = new cuts.WebSocket("ws://broker", ["luxbus.v1.bin"])
  for (const type of ["open", "message", "close", "error"] as const)
    socket.addEventListener(type, ({ data, code }) => heard.push([type, data ?? code].filter(Boolean).join(" ")))
  return { socket, heard }
}

function platformSocket(): FakeSocket {
  const socket = FakeSocket.made.at(-1)
  if (socket === undefined) throw new Error("none was made")
  return socket
}

test("until it is cut, everything passes", () => {
  const { socket, heard } = open(new CutSwitch(FakeSocket, () => 0))
  const platform = platformSocket()
  socket.binaryType = "arraybuffer"
  socket.send("out")
  platform.emit("open")
  platform.emit("message", { data: "in" })
  platform.emit("close", { code: 1000 })
  expect(heard).toEqual(["open", "message in", "close 1000"])
  expect(platform).toMatchObject({ binaryType: "arraybuffer", sent: ["out"] })
  expect(socket).toMatchObject({ protocol: "luxbus.v1.bin", bufferedAmount: 7 })
})

test("a cut is heard at once as a lost connection, and nothing passes after it, either way", () => {
  const cuts = new CutSwitch(FakeSocket, () => 0)
  const { socket, heard } = open(cuts)
  const platform = platformSocket()
  platform.emit("open")
  cuts.cut(0)
  socket.send("too late")
  platform.emit("message", { data: "too late" })
  platform.emit("close", { code: 1000 })
  expect(heard).toEqual(["open", "close 1006"])
  expect(platform).toMatchObject({ sent: [], closes: 1 })
})

test("during an outage nothing is dialled, and the attempt fails as it would without a network", async () => {
  let now = 0
  const cuts = new CutSwitch(FakeSocket, () => now)
  cuts.cut(1_000)
  const before = FakeSocket.made.length
  const { heard } = open(cuts)
  expect(heard).toEqual([])
  await Promise.resolve()
  expect(heard).toEqual(["close 1006"])
  expect(FakeSocket.made.length).toBe(before)
  now = 1_000
  open(cuts)
  expect(FakeSocket.made.length).toBe(before + 1)
})
