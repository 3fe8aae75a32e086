import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import type { Release } from "../../components/base/manifest";
import { chartName, chartProblems } from "../../components/charts/check";
import { CHART_VALUES } from "../../components/charts/values";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";

/** Charts that are in no Go module of the toolchain: nothing checks their values before Helm. */
const UNKNOWN = ["aws-load-balancer-controller", "cluster-autoscaler", "jaeger", "kube-prometheus-stack"];

function releasesOf(stack: string): readonly Release[] {
    return deriveAll({ catalogue, config: loadStackFile(stack, `${__dirname}/../..`) }).releases;
}

/** The same release with one more value, at `path`. */
function withValue(release: Release, path: readonly string[], value: unknown): Release {
    const values = structuredClone(release.values) as Record<string, unknown>;
    let at = values;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? ""] = value;
    return { ...release, values };
}

describe("the values of charts", () => {
    for (const stack of ["local", "dev", "prod"]) {
        it(`of ${stack} are all known to their charts`, () => {
            assert.deepEqual(chartProblems(releasesOf(stack)), []);
        });
    }

    it("are checked for every chart, except the listed ones", () => {
        const charts = new Set(releasesOf("prod").map(({ chart }) => chartName(chart)));
        const unknown = [...charts].filter((name) => !(name in CHART_VALUES));
        assert.deepEqual(unknown.sort(), UNKNOWN);
    });

    const istiod = releasesOf("prod").find(({ chart }) => chartName(chart) === "istiod");
    const gateway = releasesOf("prod").find(({ chart }) => chartName(chart) === "gateway");
    const certManager = releasesOf("local").find(({ chart }) => chartName(chart) === "cert-manager");
    const misspelled: [string, Release | undefined, string[], RegExp][] = [
        [
            "at the top",
            istiod,
            ["replicasCount"],
            /replicasCount: unknown value; did you mean "replicaCount"\?/,
        ],
        ["one level too high", istiod, ["proxy", "resources"], /: proxy: unknown value/],
        [
            "in the mesh's configuration",
            istiod,
            ["meshConfig", "outboundTrafficPolcy"],
            /meshConfig\.outboundTrafficPolcy: unknown value; did you mean "outboundTrafficPolicy"\?/,
        ],
        [
            "deep in it",
            istiod,
            ["meshConfig", "pathNormalization", "normalisation"],
            /pathNormalization\.normalisation: unknown value/,
        ],
        [
            "in one of its alternatives",
            istiod,
            ["meshConfig", "defaultConfig", "tracing", "zipkin", "adress"],
            /zipkin\.adress: unknown value; did you mean "address"\?/,
        ],
        [
            "of a gateway",
            gateway,
            ["service", "loadBalancerSourceRange"],
            /did you mean "loadBalancerSourceRanges"\?/,
        ],
        ["of cert-manager", certManager, ["webhook", "replicas"], /webhook\.replicas: unknown value/],
    ];
    for (const [where, release, path, expected] of misspelled) {
        it(`are rejected if one is misspelled ${where}`, () => {
            assert.ok(release !== undefined);
            const problems = chartProblems([withValue(release, path, "x")]);
            assert.equal(problems.length, 1, problems.join("\n"));
            assert.match(problems[0] ?? "", expected);
            assert.match(problems[0] ?? "", new RegExp(`^release ${release.namespace}/${release.name}, `));
        });
    }

    it("are unrestricted in maps with arbitrary keys", () => {
        assert.ok(istiod !== undefined && gateway !== undefined);
        const free = [
            withValue(istiod, ["env", "PILOT_ANYTHING"], "x"),
            withValue(istiod, ["meshConfig", "defaultConfig", "proxyMetadata", "ANYTHING"], "x"),
            withValue(gateway, ["podAnnotations", "example.com/anything"], "x"),
        ];
        assert.deepEqual(chartProblems(free), []);
    });
});
