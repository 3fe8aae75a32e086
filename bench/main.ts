/**
 * `npm run bench`: benchmarks on this machine, as ratios to a reference in the same run. Leaves the embedded node running.
 */
import { Argument, Command, InvalidArgumentError } from "commander";
import { loadCatalogue } from "../catalogue/load";
import { servicesOf } from "../catalogue/query";
import { checkMachine, ensureToolchain, startNode, terminalProgress } from "../local";
import { Deployment } from "../test/live/deployment";
import { benchRender } from "./render";
import { type Row, table } from "./report";
import { benchSidecar } from "./sidecar";
import { benchTelemetry, type TelemetryOptions, telemetryText } from "./telemetry";
import { benchUp } from "./up";

const PARTS = ["render", "up", "sidecar", "telemetry"] as const;
type Part = (typeof PARTS)[number];

interface Options extends TelemetryOptions {
    readonly json?: true;
}

async function main(parts: readonly Part[], options: Options): Promise<void> {
    const isSelected = (part: Part) => parts.length === 0 || parts.includes(part);
    // Fail early: the benchmarks take minutes.
    await checkMachine();
    const rows: Row[] = [
        ...(isSelected("render") ? benchRender() : []),
        ...(isSelected("up") ? await up() : []),
        ...(isSelected("sidecar") ? await sidecar() : []),
    ];
    const { rate, seconds, rounds } = options;
    const telemetry = isSelected("telemetry") ? await benchTelemetry({ rate, seconds, rounds }) : undefined;
    if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ rows, ...(telemetry && { telemetry }) }, undefined, 2)}\n`);
        return;
    }
    if (rows.length > 0) process.stdout.write(`${table(rows)}\n`);
    if (telemetry !== undefined) process.stdout.write(`${telemetryText(telemetry)}\n`);
}

async function up(): Promise<Row[]> {
    await ensureToolchain(terminalProgress());
    return benchUp();
}

async function sidecar(): Promise<Row[]> {
    // Deploys the services to measure.
    await Deployment.of();
    const progress = terminalProgress();
    const toolchain = await ensureToolchain(progress);
    const { kubeconfig, images } = await startNode({ progress });
    const [service] = servicesOf(loadCatalogue())[0] ?? [];
    if (service === undefined) throw new Error("the catalogue has no service to measure");
    return benchSidecar({
        kubectl: toolchain.program("kubectl"),
        kubeconfig,
        image: images.standin,
        service,
    });
}

function whole(from: number, to: number): (text: string) => number {
    return (text) => {
        const value = Number(text);
        if (Number.isInteger(value) && value >= from && value <= to) return value;
        throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`);
    };
}

new Command("bench")
    .description("Run benchmarks on this machine. Leaves the embedded node running.")
    .addArgument(new Argument("[parts...]", "benchmarks to run (default: all)").choices(PARTS))
    .option("--json", "print JSON")
    .option("--rate <n>", "telemetry: requests per second", whole(1, 1000), 200)
    .option("--seconds <n>", "telemetry: duration of each run; a round has four runs", whole(5, 120), 60)
    .option("--rounds <n>", "telemetry: number of runs of each variant", whole(1, 10), 2)
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 2;
    });
