import type { Report } from "./report.ts"
export async function writePerformance(_report: Report, _docs: string): Promise<void> {}
