import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCatalogue } from "../../catalogue/check";
import { loadCatalogue } from "../../catalogue/load";
import type { Catalogue } from "../../catalogue/model";
import { EXIT } from "../lib/errors";
import { consulSettings, messageOf } from "../inventory/consul/settings";
import { type Inventory, inventoryConsul } from "../inventory/inventory";
import { toMarkdown, toText, toTypeScript } from "../inventory/report";

interface InventoryOptions {
    readonly url?: string;
    readonly datacenter?: readonly string[];
    readonly timeout: number;
    readonly out?: string;
    /** `true`: the checkout's catalogue. */
    readonly compare?: string | true;
    readonly json?: true;
}

/** Exits with 1 if something could not be read, or the given catalogue differs. The only source is `consul`. */
export async function inventory(_source: string, options: InventoryOptions): Promise<void> {
    const settings = consulSettings(options.url);
    if (options.out !== undefined) makeFolder(options.out);
    const given = givenCatalogue(options.compare);
    const { report, catalogue } = await inventoryConsul(settings, {
        datacenters: options.datacenter ?? [],
        timeoutMs: options.timeout * 1000,
        given,
    });
    const files = options.out === undefined ? [] : write(options.out, { report, catalogue });
    process.stdout.write(
        `${options.json ? JSON.stringify({ ...report, catalogue }) : toText(report, catalogue, files)}\n`,
    );
    const isDifferent = (report.differences ?? []).length > 0;
    process.exitCode = report.isComplete && !isDifferent ? EXIT.ok : EXIT.difference;
}

function givenCatalogue(compare: string | true | undefined): Catalogue | undefined {
    if (compare === undefined) return undefined;
    if (compare === true) return loadCatalogue();
    let data: unknown;
    try {
        data = JSON.parse(readFileSync(compare, "utf8"));
    } catch (error) {
        throw new Error(`--compare ${compare}: not a catalogue in JSON: ${messageOf(error)}`);
    }
    return parseCatalogue(data);
}

/** Before Consul is read, which can take a minute. */
function makeFolder(folder: string): void {
    try {
        mkdirSync(folder, { recursive: true });
    } catch (error) {
        throw new Error(`--out ${folder}: the folder cannot be created: ${messageOf(error)}`);
    }
}

/** The names of the written files. */
function write(folder: string, { report, catalogue }: Inventory): string[] {
    const files = {
        "catalogue.json": `${JSON.stringify(catalogue, null, 2)}\n`,
        "consul.ts": toTypeScript(catalogue),
        "report.md": toMarkdown(report),
        "report.json": `${JSON.stringify(report, null, 2)}\n`,
    };
    return Object.entries(files).map(([name, text]) => {
        const file = join(folder, name);
        writeFileSync(file, text);
        return file;
    });
}
