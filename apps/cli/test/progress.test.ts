import { describe, expect, test } from "vitest"
import { Progress, progressLine } from "../src/progress.ts"

class Screen {
  text = ""
  at = 0
  readonly columns = 80
  readonly interactive: boolean
  constructor(interactive: boolean) {
    this.interactive = interactive
  }
  readonly write = (text: string) => {
    this.text += text
  }
  readonly now = () => this.at
}

describe("a line", () => {
  const state = {
    label: "disk.img",
    bytes: 25_000_000,
    totalBytes: 100_000_000,
    bytesPerSecond: 5_000_000,
    columns: 100,
  }

  test("shows bar, share, bytes, rate and time left", () => {
    expect(progressLine(state)).toBe(
      "disk.img  [########......................]   25 %  25 MB of 100 MB  5 MB/s  15s left",
    )
  })

  test("never exceeds the window: the bar goes first", () => {
    for (let columns = 10; columns < 120; columns++)
      expect(progressLine({ ...state, columns }).length).toBeLessThan(columns)
    expect(progressLine({ ...state, columns: 50 })).not.toContain("#")
  })

  test("shows bytes and rate alone when nobody knows the size", () => {
    expect(progressLine({ ...state, totalBytes: undefined })).toBe("disk.img  25 MB  5 MB/s")
  })

  test("is full for an empty file, and for more bytes than were told", () => {
    expect(progressLine({ ...state, bytes: 0, totalBytes: 0 })).toContain("100 %")
    expect(progressLine({ ...state, bytes: 200, totalBytes: 100 })).toContain("100 %")
  })
})

describe("on a terminal", () => {
  test("redraws one line, at most ten times a second", () => {
    const screen = new Screen(true)
    const progress = new Progress(screen, "f", 1_000)
    for (let i = 0; i <= 100; i++) {
      screen.at = i * 10
      progress.update(i * 10)
    }
    const drawings = screen.text.split("\r").length - 1
    expect(drawings).toBe(11)
    expect(screen.text).not.toContain("\n")
    progress.finish(1_000)
    expect(screen.text).toMatch(/100 %.*\n$/)
  })

  test("puts notes above the bar", () => {
    const screen = new Screen(true)
    const progress = new Progress(screen, "f", 1_000)
    progress.update(1)
    progress.note("hello")
    expect(screen.text.endsWith("\r\u001b[2Khello\n")).toBe(true)
  })
})

describe("elsewhere", () => {
  test("writes a whole line every three seconds, without control characters", () => {
    const screen = new Screen(false)
    const progress = new Progress(screen, "f", 10_000)
    for (let ms = 0; ms <= 10_000; ms += 100) {
      screen.at = ms
      progress.update(ms)
    }
    progress.finish(10_000)
    expect(screen.text.split("\n").filter((line) => line !== "")).toHaveLength(3)
    expect(screen.text).not.toMatch(/(?!\n)\p{Cc}/u)
  })
})

test("tells the rate of the last seconds, not of the whole", () => {
  const screen = new Screen(false)
  const progress = new Progress(screen, "f", undefined)
  for (let second = 1; second <= 9; second++) {
    screen.at = second * 1_000
    progress.update(second < 6 ? 0 : (second - 5) * 1_000_000)
  }
  expect(screen.text.trimEnd().split("\n").at(-1)).toContain("1 MB/s")
})
