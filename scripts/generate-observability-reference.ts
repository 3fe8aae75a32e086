/** Writes the reference pages of alerts, metrics and dashboards; run by `npm run generate:observability-reference`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { alertsPage, dashboardsPage, metricsPage } from "./reference/observability";

const OUT = join(__dirname, "..", "docs/reference");

writeFileSync(join(OUT, "alerts.md"), alertsPage());
writeFileSync(join(OUT, "metrics.md"), metricsPage());
writeFileSync(join(OUT, "dashboards.md"), dashboardsPage());
