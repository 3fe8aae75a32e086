/** The proof for one application: no violation with the mesh's filters, and violations without the canonical-path filter. */
import assert from "node:assert/strict";
import { CANONICAL_PATHS } from "../../../components/base/canonical-paths";
import type { Manifest } from "../../../components/base/manifest";
import { JWKS, token } from "../../support/envoy/edge";
import { requireEnvoy } from "../../support/envoy/program";
import { config, edgeOf, objectsOf } from "../../support/edge";
import type { Missing } from "./built";
import { startChain, withoutFilter } from "./chain";
import { EXPOSED } from "./exposures";
import { type RouterProgram, type RunningRouter, startRouter } from "./program";
import { type Corpus, run, table, violations } from "./run";

const SEED = 20_261_130;
const TENANT = "acme";
const LIMIT_MS = 900_000;

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({ config: edgeOf({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }) });

/** How many spellings per exposure. */
export interface Extent {
    readonly count: number;
    /** Without the canonical-path filter. */
    readonly counterProof: number;
}

/**
 * Declares the tests.
 *
 * @param prepare the application's program, or why this machine cannot run it
 */
export function provesRouter(
    title: string,
    prepare: () => Promise<RouterProgram | Missing>,
    { count, counterProof }: Extent,
): void {
    describe(`paths as ${title} reads them, behind the mesh`, function () {
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
        const sent = async (rendered: readonly Manifest[], spelled: number) => {
            const authorization = `Bearer ${token({ iss: name, aud: audiences[0], tenant: TENANT, scope: "platform:write" })}`;
            const corpus: Corpus = {
                hosts: EXPOSED,
                domain: config.domain,
                authorization,
                tenant: TENANT,
                count: spelled,
                seed: SEED,
            };
            const chain = await startChain(envoy, rendered, EXPOSED, app.port);
            try {
                const figures = await run(chain, program, corpus);
                process.stdout.write(`${table(program.name, figures)}\n`);
                return figures;
            } finally {
                await chain.stop();
            }
        };

        it(`reach no other tenant and no route without an exposure: ${count} spellings for each of ${EXPOSED.length} exposures`, async () => {
            const figures = await sent(objects, count);
            assert.deepEqual(violations(figures), []);
            for (const { label } of EXPOSED) {
                const { answered = 0 } = figures.get(label) ?? {};
                assert.ok(answered > 0, `${label} answered nothing: the corpus proves nothing there`);
            }
        });

        it(`would reach some without the filter ${CANONICAL_PATHS}, so the corpus can fail`, async () => {
            const figures = await sent(withoutFilter(objects, CANONICAL_PATHS), counterProof);
            assert.ok(violations(figures).length > 0);
        });
    });
}
