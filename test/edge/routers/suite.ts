/** The tests for one application: no violation with the mesh's filters, and violations without the relevant ones. */
import assert from "node:assert/strict";
import type { PathForms } from "../../../catalogue/model";
import { CANONICAL_PATHS } from "../../../components/shared/envoy/canonical-paths";
import type { Manifest } from "../../../components/base/manifest";
import { requireEnvoy } from "../../support/envoy/program";
import { TENANT, headerAttempts, hostAttempts, pathAttempts, tokenAttempts } from "./attempts";
import type { Missing } from "./built";
import { startChain, withoutFilter } from "./chain";
import { EXPOSED, type ExposedHost } from "./exposures";
import { type RouterProgram, type RunningRouter, startRouter } from "./program";
import { rendered } from "./rendered";
import { type Attempt, run, table, violations } from "./run";
import { skip } from "../../support/skip";

const LIMIT_MS = 900_000;

/** The size of the corpus. */
export interface Extent {
    /** Path spellings per exposure. */
    readonly count: number;
    /** The same without the canonical-path filter. */
    readonly counterProof: number;
    /** Path forms that every HTTP exposure opts in to. @default none */
    readonly forms?: PathForms;
    /** Samples one in `n` requests of the corpora of hosts, tokens and headers; 1 is all. @default none */
    readonly oneIn?: number;
}

type Attempts = (exposed: ExposedHost) => readonly Attempt[];

const OF_TENANTS = EXPOSED.filter(({ routes }) => routes.some((route) => route.includes("{tenant}")));
const WITHOUT_JWT = EXPOSED.filter(({ jwt }) => !jwt);

const REQUESTS: readonly { kind: string; hosts: readonly ExposedHost[]; all: Attempts }[] = [
    { kind: "hosts", hosts: OF_TENANTS, all: hostAttempts },
    { kind: "tokens", hosts: OF_TENANTS, all: tokenAttempts },
    { kind: "headers", hosts: [...OF_TENANTS, ...WITHOUT_JWT], all: headerAttempts },
];

/** A sidecar's filter, by its name in Envoy's configuration. */
const TENANT_CONTEXT = "sparc.tenant_context";

/**
 * Declares the tests.
 *
 * @param prepare returns the application's program, or why this machine cannot run it
 */
export function testRouter(
    title: string,
    prepare: () => Promise<RouterProgram | Missing>,
    { count, counterProof, forms, oneIn }: Extent,
): void {
    const opted = forms === undefined ? "" : ` that opted in to ${Object.keys(forms).join(", ")}`;
    describe(`requests to ${title}, behind a mesh${opted}`, function () {
        this.timeout(LIMIT_MS);
        let envoy: string;
        let program: RouterProgram;
        let app: RunningRouter;
        before(async function () {
            envoy = await requireEnvoy(this);
            const prepared = await prepare();
            if ("missing" in prepared) {
                skip(this, prepared.missing);
            }
            program = prepared;
            app = await startRouter(program);
        });
        after(async () => {
            await (app as RunningRouter | undefined)?.stop();
        });
        const sent = async (
            kind: string,
            objects: readonly Manifest[],
            hosts: readonly ExposedHost[],
            attempts: Attempts,
        ) => {
            const chain = await startChain(envoy, objects, hosts, app.port);
            try {
                const figures = await run(chain, program, { hosts, tenant: TENANT, attempts });
                process.stdout.write(`${table(`${program.name}, ${kind}:`, figures)}\n`);
                return figures;
            } finally {
                await chain.stop();
            }
        };
        /** No violation, and an answer at every exposure: without answers, the test shows nothing. */
        const holds = async (kind: string, hosts: readonly ExposedHost[], attempts: Attempts) => {
            const figures = await sent(kind, rendered(forms), hosts, attempts);
            assert.deepEqual(violations(figures), []);
            for (const { label } of hosts)
                assert.ok((figures.get(label)?.answered ?? 0) > 0, `${label} answered nothing`);
        };

        it(`reach no other tenant and no route without an exposure: ${count} spellings of paths for each of ${EXPOSED.length} exposures`, () =>
            holds("paths", EXPOSED, (exposed) => pathAttempts(exposed, count)));

        // The service's sidecar also checks a path's tenant, and would hide that the gateway's filter is missing.
        it(`reach some without the filter ${CANONICAL_PATHS} and the sidecar's, so the corpus can fail`, async () => {
            const open = withoutFilter(withoutFilter(rendered(forms), CANONICAL_PATHS), TENANT_CONTEXT);
            const figures = await sent(`paths without ${CANONICAL_PATHS}`, open, EXPOSED, (exposed) =>
                pathAttempts(exposed, counterProof),
            );
            assert.ok(violations(figures).length > 0);
        });

        if (oneIn === undefined) return;
        for (const { kind, hosts, all } of REQUESTS) {
            const attempts: Attempts = (exposed) => all(exposed).filter((_, index) => index % oneIn === 0);
            it(`reach and name no other tenant with any spelling of ${kind}`, () =>
                holds(kind, hosts, attempts));

            it(`reach some without EnvoyFilters, so the corpus of ${kind} can fail`, async () => {
                const open = rendered(forms).filter((object) => object.kind !== "EnvoyFilter");
                const figures = await sent(`${kind} without EnvoyFilters`, open, hosts, attempts);
                assert.ok(violations(figures).length > 0);
            });
        }
    });
}
