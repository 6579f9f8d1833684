import { describe, expect, test } from "vitest"
import { COMMANDS, runProgram } from "../src/program.ts"
import { FakeTerminal } from "./support/fake-terminal.ts"

async function run(...args: readonly string[]) {
  const terminal = new FakeTerminal()
  const exitCode = await runProgram(args, terminal)
  return { exitCode, stdout: terminal.stdout, stderr: terminal.stderr }
}

describe("help", () => {
  test.each([[], ["--help"], ["-h"], ["help"]])("%j lists every command and the exit codes", async (...args) => {
    const { exitCode, stdout } = await run(...args)
    expect(exitCode).toBe(0)
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, "m"))
    expect(stdout).toContain("Exit codes:")
    expect(stdout).toContain("LUXBUS_TOKEN")
  })

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "%s --help names every flag and has examples",
    async (name, command) => {
      const { exitCode, stdout, stderr } = await run(name, "--help")
      expect([exitCode, stderr]).toEqual([0, ""])
      expect(stdout).toContain(`Usage: luxbus ${command.usage}`)
      for (const flag of Object.keys(command.options)) expect(stdout).toContain(`  --${flag}`)
      for (const example of command.examples) expect(stdout).toContain(`  ${example}`)
      expect(command.examples.length).toBeGreaterThan(0)
    },
  )

  test("fits a terminal of 120 columns", async () => {
    for (const { name } of COMMANDS) {
      const { stdout } = await run(name, "--help")
      expect(Math.max(...stdout.split("\n").map((line) => line.length)), name).toBeLessThanOrEqual(120)
    }
  })

  test("of a command comes even when other arguments are wrong behind it", async () => {
    expect((await run("run", "--help", "--nonsense")).exitCode).toBe(0)
  })
})

describe("a wrong command line", () => {
  test.each([
    [["atach", "x"], 'luxbus has no command "atach"; did you mean attach?'],
    [["banana"], 'luxbus has no command "banana"'],
    [["attach", "x", "--form", "now"], "luxbus attach has no --form; did you mean --from?"],
    [["attach", "x", "-q"], "luxbus attach has no -q"],
    [["attach"], "something is missing: luxbus attach [options] <id>"],
    [["attach", "x", "y"], '"y" is one argument too many'],
    [["attach", "x", "--from"], "--from needs a value: --from <place>"],
    [["attach", "x", "--wait=yes"], "--wait takes no value"],
    [["run", "ls"], "put the command behind two dashes"],
    [["run"], "put the command behind two dashes"],
    [["run", "--grace", "soon", "--", "ls"], "--grace soon is no number of seconds"],
    [["send", "file"], "tell the receiver: --to <id>"],
    [["send", "--to", "x", "--wait", "-1", "file"], "--wait -1 is no number of seconds"],
    [["token", "old"], 'luxbus token has no "old"'],
    [["serve", "--prot", "1"], "luxbus serve has no --prot; did you mean --port?"],
    [["serve", "--port", "http"], 'port (from --port) is "http": expected'],
    [["list", "--url", "nonsense"], "(invalid_argument)"],
  ])("%j is told in one sentence, with exit code 2", async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args)
    expect(stderr).toContain(message)
    expect(stderr).toContain("(invalid_argument)")
    expect([exitCode, stdout]).toEqual([2, ""])
  })

  test("points to the command's help", async () => {
    expect((await run("attach")).stderr).toContain("See luxbus attach --help")
    expect((await run("banana")).stderr).toContain("See luxbus --help")
  })
})

describe("without a broker", () => {
  test.each([["list"], ["attach", "x"], ["cancel", "x"], ["run", "--", "true"]])(
    "%j ends with connection_lost and exit code 1",
    async (...args) => {
      const { exitCode, stderr } = await run(args[0] ?? "", "--url", "ws://127.0.0.1:1", ...args.slice(1))
      expect(stderr).toMatch(/^luxbus: .*\(connection_lost\)$/m)
      expect(exitCode).toBe(1)
    },
  )
})

describe("token new", () => {
  test("prints the token once, and the configuration that knows it by its hash", async () => {
    const { exitCode, stdout } = await run("token", "new", "--for", "ci")
    const token = /lux_[\w-]+/.exec(stdout)?.[0] ?? ""
    const config: unknown = JSON.parse(/^ {2}(\{.*)$/m.exec(stdout)?.[1] ?? "null")
    expect([exitCode, token.length]).toEqual([0, 47])
    expect(config).toEqual({ auth: { tokens: { [sha256(token)]: "ci" } } })
  })

  test("prints one JSON object when asked", async () => {
    const { stdout } = await run("token", "new", "--json", "--for", "007")
    const { token, hash, id } = JSON.parse(stdout)
    expect([hash, id]).toEqual([sha256(token), "007"])
  })
})

import { createHash } from "node:crypto"

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
