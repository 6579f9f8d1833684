import { appPreset } from "@luxbus/build-preset"

export default appPreset(["src/main.ts", "src/demo/job.ts"])
