import { useEffect, useRef } from "preact/hooks"
import type { Activity } from "./activity.ts"

interface ActivityStripProps {
  readonly activity: Activity
  /** Whether more may come: else it stands still. */
  readonly isLive: boolean
}

const TICK_PX = 2
const FRAME_MS = 66

/** When chunks of either lane arrived, and when the connection was away: the log's shape in time. */
export function ActivityStrip({ activity, isLive }: ActivityStripProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let frame = 0
    let drawnAt = Number.NEGATIVE_INFINITY
    const stoppedAt = performance.now()
    const tick = (nowMs: number) => {
      if (canvas.current !== null && nowMs - drawnAt >= FRAME_MS) {
        drawnAt = nowMs
        draw(canvas.current, activity, isLive ? performance.now() : stoppedAt)
      }
      if (isLive) frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
    const redraw = () => canvas.current !== null && draw(canvas.current, activity, stoppedAt)
    const observer = new ResizeObserver(redraw)
    const themes = new MutationObserver(redraw)
    if (canvas.current !== null && !isLive) {
      observer.observe(canvas.current)
      themes.observe(document.documentElement, { attributes: true })
    }
    return () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      themes.disconnect()
    }
  }, [activity, isLive])
  return (
    <div class="strip" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  )
}

function draw(canvas: HTMLCanvasElement, activity: Activity, nowMs: number): void {
  const context = canvas.getContext("2d")
  if (context === null) return
  const { clientWidth: width, clientHeight: height } = canvas
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  const color = (name: string) => style.getPropertyValue(name)
  const startMs = activity.firstShownMs(nowMs)
  const xOf = (atMs: number) => Math.round(((atMs - startMs) / activity.spanMs) * (width - TICK_PX))
  const moments = activity.since(nowMs)

  let lostX: number | undefined
  context.fillStyle = color("--outage")
  for (const { type, atMs } of moments) {
    if (type === "lost") lostX = xOf(atMs)
    if (type !== "back") continue
    context.fillRect(lostX ?? 0, 0, xOf(atMs) - (lostX ?? 0), height)
    lostX = undefined
  }
  if (lostX !== undefined) context.fillRect(lostX, 0, xOf(nowMs) - lostX, height)

  const half = height / 2
  for (const moment of moments) {
    if (moment.type !== "chunk") continue
    const isMain = moment.lane === "main"
    context.fillStyle = color(isMain ? "--main" : "--error")
    context.fillRect(xOf(moment.atMs), isMain ? half * 0.15 : half * 1.15, TICK_PX, half * 0.7)
  }
}
