/** How rendering scales with the number of services. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCatalogue } from "../catalogue/check";
import { renderFiles } from "../cli/lib/rendered/files";
import { writeFiles } from "../cli/lib/rendered/write";
import { deriveAll } from "../components/concerns";
import { testConfig } from "../test/support/config";
import { catalogueOfSize } from "../test/support/scale";
import type { Row } from "./report";

const SIZES = [24, 240, 2400];
const RUNS = 3;

/** The time of `mesh render` per service, without the start of Node.js, and its ratio to the smallest size. */
export function benchRender(): Row[] {
    const config = testConfig({ domain: "mesh.example.com" });
    const measured = SIZES.map((size) => {
        const times = Array.from({ length: RUNS }, () => {
            // A new catalogue each time: its index is cached.
            const catalogue = catalogueOfSize(size);
            const out = mkdtempSync(join(tmpdir(), "mesh-bench-"));
            const started = performance.now();
            const problems = checkCatalogue(catalogue).length;
            const files = writeFiles(out, renderFiles(deriveAll({ catalogue, config }))).written;
            const took = performance.now() - started;
            rmSync(out, { recursive: true });
            if (problems > 0) throw new Error(`the catalogue of ${size} services has ${problems} problems`);
            return { took, files };
        });
        const best = times.reduce((a, b) => (a.took < b.took ? a : b));
        return { size, ...best };
    });
    const first = measured[0];
    return measured.map(({ size, took, files }) => ({
        name: `render ${size} services`,
        value: `${(took / size).toFixed(2)} ms per service (${files} files, ${(took / 1000).toFixed(2)} s)`,
        ratio:
            first === undefined
                ? ""
                : `${(took / size / (first.took / first.size)).toFixed(2)} × the time per service with ${first.size}`,
        target: "under 5 ms per service; ratio about 1",
    }));
}
