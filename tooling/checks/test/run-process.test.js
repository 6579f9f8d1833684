import { tmpdir } from "node:os"
import { expect, test } from "vitest"
import { endFault, mustRun, runProcess, startProcess } from "../src/run-process.js"

const options = { cwd: tmpdir(), timeoutMs: 10_000 }

test("fails with all that a process wrote, on both lanes", async () => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3"
  await expect(mustRun(process.execPath, ["-e", script], options)).rejects.toThrow(/exit code 3\nout\nerr/)
})

test("ends a process whose time is up, with what it started", async () => {
  // The inner process holds the pipes: they close, and the wait is over, only when it is gone too.
  const inner = "[process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }]"
  const script = `require('node:child_process').spawn(...${inner}); setInterval(() => {}, 1000)`
  const ended = await runProcess(process.execPath, ["-e", script], { ...options, timeoutMs: 1_000 })
  expect(endFault(ended, 1_000)).toMatch(/did not end within 1 s/)
})

test("says what a process showed before it ended, and that it ended without showing it", async () => {
  const { shows, ended } = startProcess(process.execPath, ["-e", "console.log('on ws://here')"], options)
  await expect(shows(/(ws:\S+)/)).resolves.toBe("ws://here")
  await ended
  await expect(shows(/wss:/)).rejects.toThrow("it ended without /wss:/")
})

test("a command that does not exist fails like any other", async () => {
  await expect(mustRun("luxbus-is-not-installed-here", [], options)).rejects.toThrow("exit code 127")
})
