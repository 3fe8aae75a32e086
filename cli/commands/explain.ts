import { loadCatalogue } from "../../catalogue/load";
import { deriveAll } from "../../components/concerns";
import { EXIT } from "../lib/errors";
import { explain } from "../explain/explain";
import { toJson } from "../explain/report/json";
import { toText } from "../explain/report/text";
import { readRendered } from "../lib/snapshot/read";
import { MeshSnapshot } from "../lib/snapshot/snapshot";
import { loadPlatform } from "../lib/project";

interface ExplainOptions {
    readonly port?: string;
    readonly path?: string;
    readonly method?: string;
    readonly header?: readonly string[];
    readonly address?: string;
    readonly stack: string;
    readonly rendered?: string;
    readonly json?: true;
}

/** Exits with 0 if at least one query is allowed, with 1 if all are denied. */
export function explainCall(source: string, destination: string, options: ExplainOptions): void {
    const { stack, rendered, json, header, ...queryOptions } = options;
    const snapshot = new MeshSnapshot(
        rendered === undefined ? deriveAll(loadPlatform(stack)) : readRendered(rendered),
    );
    const explanations = explain(snapshot, loadCatalogue(), {
        source,
        destination,
        ...queryOptions,
        ...(header === undefined ? {} : { headers: header }),
    });
    process.stdout.write(`${json ? JSON.stringify(toJson(explanations)) : toText(explanations)}\n`);
    process.exitCode = explanations.some(({ verdict }) => verdict.allowed) ? EXIT.ok : EXIT.difference;
}
