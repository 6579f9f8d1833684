import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { flagsOf, HopFlag, Lane, MessageWriter, StreamKind, toHex } from "@luxbus/packet"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { runProgram } from "../../src/program.ts"
import { FakeTerminal } from "../support/fake-terminal.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

function conversation(): Uint8Array {
  const writer = new MessageWriter()
  writer.start({ epoch: 7 }, { name: "job.42", from: "clientA", alias: 1, kind: StreamKind.hosted })
  writer.chunk(1, Lane.error, flagsOf(1, true), HopFlag.ackNow, 3, utf8("oops\u001b[2J\n"), { timestamp: 1.5 })
  writer.control(0x8000_0001, 0, {
    lane: 1,
    cum: 4,
    ack: [
      [6, 6],
      [8, 10],
    ],
    incarnation: new Uint8Array(8),
  })
  return writer.take()
}

async function decode(...args: readonly string[]) {
  const terminal = new FakeTerminal()
  const exitCode = await runProgram(["decode", ...args], terminal)
  return { exitCode, stdout: terminal.stdout, stderr: terminal.stderr }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "luxbus-decode-"))
})
afterAll(() => rm(folder, { recursive: true }))
const file = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

describe("binary messages", () => {
  test("a table for each frame, with fields by name, data as text, and nothing that could redraw the terminal", async () => {
    const { exitCode, stdout, stderr } = await decode(toHex(conversation()))
    expect([exitCode, stderr]).toEqual([0, ""])
    expect(stdout).toBe(`frame 1
  offset  0, 122 bytes
  type    full START
  lane    control
  flags   none
  epoch   7
  number  0
  name    "job.42"
  alias   1
  from    "clientA"
  kind    hosted
frame 2
  offset     122, 42 bytes
  type       compact CHUNK
  lane       error
  flags      more, ack_now
  alias      1
  number     3
  timestamp  1.5
  codec      utf8
  data       9 bytes
  text       "oops\\u001b[2J\\n"
frame 3
  offset       164, 81 bytes
  type         compact CHUNK
  lane         control
  flags        none
  alias        1, the receiver's
  lane         main
  cum          4
  ack          [6,[8,10]]
  incarnation  0000000000000000
`)
  })

  test("with --json one packet per line, with the names that STARTs gave", async () => {
    const { exitCode, stdout } = await decode("--json", toHex(conversation()))
    const packets = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(exitCode).toBe(0)
    expect(packets).toMatchObject([
      { uid: "job.42", frame: "start" },
      { uid: "job.42", from: "clientA", chunk: 3, lane: "error", data: "oops\u001b[2J\n" },
      { uid: "", alias: 0x8000_0001, cum: 4, ack: [6, [8, 10]] },
    ])
  })

  test("out of a file: raw bytes, or digits with white space and comments", async () => {
    const hex = toHex(conversation())
    const raw = await file("raw.bin", conversation())
    const typed = await file("typed.hex", `# START\n${hex.slice(0, 100)}  # half\n${hex.slice(100).toUpperCase()}\n`)
    const { stdout } = await decode(hex)
    expect((await decode(raw)).stdout).toBe(stdout)
    expect((await decode(typed)).stdout).toBe(stdout)
  })

  test("bytes that are no text, and long data, in part", async () => {
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, 0, 0, 0, new Uint8Array(600).fill(255))
    writer.chunk(0x4000_0002, Lane.main, flagsOf(1, false), HopFlag.retransmit, 1, utf8("a".repeat(700)))
    const { stdout } = await decode(toHex(writer.take()))
    expect(stdout).toContain(`  hex     ${"ff".repeat(512)} … 88 bytes more\n`)
    expect(stdout).toContain(`  text    "${"a".repeat(512)}" … 188 characters more\n`)
    expect(stdout).toContain("  alias   2, broker-wide\n")
  })

  test("bytes that are text as text, others with control characters among them as digits", async () => {
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, 0, 0, 0, utf8("50 %\r\n"))
    writer.chunk(1, Lane.main, 0, 0, 1, new Uint8Array([65, 0, 66]))
    const { stdout } = await decode(toHex(writer.take()))
    expect(stdout).toContain('  text    "50 %\\r\\n"\n')
    expect(stdout).toContain("  hex     410042\n")
  })

  test("nothing that could turn the order of a line round", async () => {
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, flagsOf(1, false), 0, 0, utf8("a\u202eb\u2028"))
    const hex = toHex(writer.take())
    expect((await decode(hex)).stdout).toContain('"a\\u202eb\\u2028"')
    expect((await decode("--json", hex)).stdout).toContain('"a\\u202eb\\u2028"')
  })

  test("PulsyFlux's version 1", async () => {
    const hex = `0105${"00".repeat(58)}00000001ff0104${"00".repeat(62)}`
    expect((await decode(hex)).stdout).toMatch(
      /^frame 1\n {2}offset +0\n {2}version +1\n {2}type +5\n.*frame 2\n {2}offset +65\n/s,
    )
    expect((await decode("--json", hex)).stdout.split("\n")).toHaveLength(3)
  })
})

describe("JSON packets", () => {
  const text = '[{"uid":"job.42","type":"stream","chunk":0,"data":{"a":"\\u009b"},"colour":"red"}]'

  test("a table for each packet", async () => {
    const { exitCode, stdout } = await decode(text)
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`packet 1
  uid    "job.42"
  type   "stream"
  chunk  0
  data   {"a":"\\u009b"}
`)
  })

  test("one packet per line, out of a file of one message for each line", async () => {
    const lines = await file("packets.jsonl", `${text}\n\n{"uid":"a","type":"event"}\n`)
    expect((await decode("--json", lines)).stdout).toBe(
      '{"uid":"job.42","type":"stream","chunk":0,"data":{"a":"\\u009b"}}\n{"uid":"a","type":"event"}\n',
    )
  })
})

describe("what is wrong is told behind what is right", () => {
  const good = "c503000000000001000000000000000000000003830000"

  test.each([
    ["a frame cut short", `${good}${good.slice(0, 20)}`, "framing fault: truncated_header at offset 23 (protocol)"],
    [
      "a field that stands twice",
      `${good}c503000000000001000000000000000000000006830000830000`,
      "framing fault: field_repeated (open) at offset 23 (protocol)",
    ],
    [
      "an unknown critical field",
      `${good}c503000000000001000000000000000000000003ff0000`,
      "a critical field is unknown at offset 23 (unsupported)",
    ],
  ])("%s", async (_, hex, message) => {
    for (const args of [[hex], ["--json", hex]]) {
      const { exitCode, stdout, stderr } = await decode(...args)
      expect(stderr).toContain(`luxbus: ${message}\n`)
      expect(exitCode).toBe(1)
      expect(stdout).toContain("open")
    }
  })

  test("a header of version 1 that is cut", async () => {
    const { exitCode, stderr } = await decode("0104")
    expect(stderr).toContain("framing fault: truncated_header at offset 0 (protocol)")
    expect(exitCode).toBe(1)
  })

  test("JSON that is no packet, with its line", async () => {
    expect((await decode('{"uid":7}')).stderr).toContain("a packet's uid has a value that it must not have (protocol)")
    const lines = await file("wrong.jsonl", '{"uid":"a","type":"event"}\n{"uid":\n')
    const { exitCode, stdout, stderr } = await decode(lines)
    expect(stderr).toContain("a message is not JSON (line 2) (protocol)")
    expect([exitCode, stdout]).toEqual([1, 'packet 1\n  uid   "a"\n  type  "event"\n'])
  })

  test.each([
    ["c50", "the number of hexadecimal digits is odd"],
    ["no such file", '"no such file" is neither hexadecimal digits, JSON nor a file'],
  ])("%s is a wrong command line", async (argument, message) => {
    const { exitCode, stderr } = await decode(argument)
    expect(stderr).toContain(`${message} (invalid_argument)`)
    expect(exitCode).toBe(2)
  })
})
