/** The proof for one application: no violation with the mesh's filters, and violations without the canonical-path filter. */
import assert from "node:assert/strict";
import { CANONICAL_PATHS } from "../../../components/base/canonical-paths";
import type { PathForms } from "../../../catalogue/model";
import type { Manifest } from "../../../components/base/manifest";
import { requireEnvoy } from "../../support/envoy/program";
import { config } from "../../support/edge";
import type { Missing } from "./built";
import { startChain, withoutFilter } from "./chain";
import { EXPOSED } from "./exposures";
import { type RouterProgram, type RunningRouter, startRouter } from "./program";
import { rendered, tokenOf } from "./rendered";
import { type Corpus, run, table, violations } from "./run";

const SEED = 20_261_130;
const TENANT = "acme";
const LIMIT_MS = 900_000;

/** How many spellings per exposure. */
export interface Extent {
    readonly count: number;
    /** Without the canonical-path filter. */
    readonly counterProof: number;
    /** What every HTTP exposure opts in to. @default nothing */
    readonly forms?: PathForms;
}

/**
 * Declares the tests.
 *
 * @param prepare the application's program, or why this machine cannot run it
 */
export function provesRouter(
    title: string,
    prepare: () => Promise<RouterProgram | Missing>,
    { count, counterProof, forms }: Extent,
): void {
    const opted = forms === undefined ? "" : ` that opted in to ${Object.keys(forms).join(", ")}`;
    describe(`paths as ${title} reads them, behind a mesh${opted}`, function () {
        this.timeout(LIMIT_MS);
        let envoy: string;
        let program: RouterProgram;
        let app: RunningRouter;
        before(async function () {
            envoy = await requireEnvoy(this);
            const prepared = await prepare();
            if ("missing" in prepared) {
                process.stdout.write(`      skipped: ${prepared.missing}\n`);
                this.skip();
            }
            program = prepared;
            app = await startRouter(program);
        });
        after(async () => {
            await (app as RunningRouter | undefined)?.stop();
        });
        const sent = async (objects: readonly Manifest[], spelled: number) => {
            const authorization = `Bearer ${tokenOf({ tenant: TENANT, scope: "platform:write" })}`;
            const corpus: Corpus = {
                hosts: EXPOSED,
                domain: config.domain,
                authorization,
                tenant: TENANT,
                count: spelled,
                seed: SEED,
            };
            const chain = await startChain(envoy, objects, EXPOSED, app.port);
            try {
                const figures = await run(chain, program, corpus);
                process.stdout.write(`${table(program.name, figures)}\n`);
                return figures;
            } finally {
                await chain.stop();
            }
        };

        it(`reach no other tenant and no route without an exposure: ${count} spellings for each of ${EXPOSED.length} exposures`, async () => {
            const figures = await sent(rendered(forms), count);
            assert.deepEqual(violations(figures), []);
            for (const { label } of EXPOSED) {
                const { answered = 0 } = figures.get(label) ?? {};
                assert.ok(answered > 0, `${label} answered nothing: the corpus proves nothing there`);
            }
        });

        it(`would reach some without the filter ${CANONICAL_PATHS}, so the corpus can fail`, async () => {
            const figures = await sent(withoutFilter(rendered(forms), CANONICAL_PATHS), counterProof);
            assert.ok(violations(figures).length > 0);
        });
    });
}
