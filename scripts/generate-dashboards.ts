/**
 * Draws the dashboards for docs/reference/dashboards.md from the local cluster's Prometheus, without Grafana. Run by
 * `npm run generate:dashboards`, while the embedded node runs with traffic.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { loadCatalogue } from "../catalogue/load";
import { prometheusOf } from "../cli/status/prometheus";
import { runningNode } from "../cli/up/running";
import { connect } from "../cli/lib/cluster/kubernetes";
import { onInterrupt } from "../cli/lib/interrupt";
import { dashboards } from "../components/observability/dashboards/config-maps";
import { loadStackFile } from "../config/load";
import { queryPanels } from "./dashboards/query";
import { boardOf } from "./dashboards/board";
import { picture } from "./dashboards/picture";
import { drawable } from "./dashboards/series";

const ROOT = join(__dirname, "..");
const TIMEOUT_SECONDS = 60;
/** The number of points of each line. */
const POINTS = 60;

/** The stack prod has all dashboards. */
const BOARDS = dashboards(loadStackFile("prod", ROOT))
    .flatMap(({ data }) => Object.values(data ?? {}))
    .map(boardOf);

interface Options {
    readonly minutes: number;
    readonly service: string;
    readonly out: string;
}

async function main(uids: readonly string[], { minutes, service, out }: Options): Promise<void> {
    const { kubeconfig } = await runningNode();
    const to = Math.floor(Date.now() / 1000);
    const span = { from: to - minutes * 60, to, step: Math.ceil((minutes * 60) / POINTS) };
    await onInterrupt(async (signal) => {
        const run = await prometheusOf(await connect({ kubeconfig }), TIMEOUT_SECONDS, signal);
        mkdirSync(out, { recursive: true });
        for (const board of BOARDS.filter(({ uid }) => uids.length === 0 || uids.includes(uid))) {
            const panels = await queryPanels(board, service, span, run);
            const svg = picture({ board, panels, span, service });
            const file = join(out, `${board.uid}.svg`);
            writeFileSync(file, svg);
            const without = panels.filter((panel) => panel.kind !== "row" && drawable(panel).length === 0);
            const note =
                without.length === 0 ? "" : `; no data: ${without.map(({ title }) => title).join(", ")}`;
            process.stdout.write(`${relative(ROOT, file)}: ${Math.ceil(svg.length / 1000)} kB${note}\n`);
        }
    });
}

/** At most the retention of the local cluster's Prometheus, and at least the rate interval of the panels. */
function minutesIn(text: string): number {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 5 && value <= 360) return value;
    throw new InvalidArgumentError("Expected a whole number from 5 to 360.");
}

new Command("generate:dashboards")
    .description("Draw the dashboards from the local cluster's Prometheus.")
    .addArgument(
        new Argument("[uids...]", "dashboards to draw (default: all)").choices(BOARDS.map(({ uid }) => uid)),
    )
    .option("--minutes <n>", "length of the time range up to now", minutesIn, 60)
    .addOption(
        new Option("--service <name>", "value of the service variable")
            .choices(Object.keys(loadCatalogue().services))
            .default("recordings"),
    )
    .option("--out <folder>", "output folder", join(ROOT, "docs", "images", "dashboards"))
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 2;
    });
